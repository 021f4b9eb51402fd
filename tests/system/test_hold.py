"""What looks after a running system goes on where the database does not as it should.

One that restarts takes the lock on the books with it: it is taken again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from books_session import end_session
from listener import Listener
from running_system import copy_project

from architect.commands import up
from architect.config import load
from architect.system.halts import Halts
from architect.system.news import News
from architect.system.system import System
from architect.system.told import Told
from core.errors import StoreError
from core.stores import retention
from core.stores.account import claimed
from core.stores.embedded import Stores

NUMBERS = count(1)


class Run:
    """What looks after a system that holds the books of paper and has no processes."""

    def __init__(self, root: Path, stores: Stores) -> None:
        urls = {"DATABASE_URL": stores.database_url, "REDIS_URL": stores.redis_url}
        self.config = load(root, process=urls)
        self.url, self.folder = stores.database_url, root
        self.person = Listener()
        self.system = System(self.config)
        self.system.start_stores(lambda held: True)
        self.system.claim_books("paper")

    def look_after(self, for_s: float) -> int:
        """Look after the system, for as long at most."""
        told, stop = Told(self.folder / "told.json"), threading.Event()
        halts = Halts(self.folder / "halt", self.person, told, lambda text: None)
        news = News(self.person, told)
        timer = threading.Timer(for_s, stop.set)
        timer.start()
        try:
            return up._look_after(self.system, self.config, news, halts, stop)
        finally:
            timer.cancel()


@pytest.fixture
def run(
    reachable_tmp: Path, fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    monkeypatch.setattr(up, "LOOK_EVERY_S", 0.1)
    made = Run(copy_project(reachable_tmp / f"hold{next(NUMBERS)}"), fresh_stores)
    with made.system:
        yield made


def test_the_books_are_held_on_after_the_database_has_restarted(run: Run) -> None:
    end_session(run.url)
    assert run.look_after(1.0) == 0
    with (
        pytest.raises(StoreError, match="another system trades"),
        claimed(run.url, "paper", run.folder),
    ):
        raise AssertionError
    assert run.person.heard == []


def test_a_system_ends_that_has_lost_its_books_to_another(run: Run) -> None:
    end_session(run.url)
    started = time.monotonic()
    with (
        claimed(run.url, "paper", run.folder),
        pytest.raises(StoreError, match="another system has taken") as why,
    ):
        run.look_after(20.0)
    assert time.monotonic() - started < 15
    assert "stops rest at the exchange" in str(why.value.hint)
    assert run.person.heard == [("ended", f"architect up ended: {why.value}")]


def test_reflections_that_cannot_be_looked_after_end_no_supervision(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(up, "KEEP_EVERY_S", 0.1)
    with psycopg.connect(run.url, autocommit=True) as connection:
        change = f"alter database {connection.info.dbname}"
        connection.execute(f"{change} set default_transaction_read_only = on".encode())
        assert run.look_after(1.0) == 0
        connection.execute(f"{change} reset default_transaction_read_only".encode())
    assert "old reflections stay for now: " in capsys.readouterr().err


def test_a_start_does_not_wait_for_who_reads_reflections(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = System(run.config)
    monkeypatch.setattr(retention, "LOCK_MS", 300)
    with psycopg.connect(run.url) as reader, again:
        # What is old by now has to be dropped, and that it is read keeps it.
        reader.execute("select count(*) from system_logs.reflections")
        later_ns = time.time_ns() + 400 * 86_400 * 10**9
        monkeypatch.setattr(time, "time_ns", lambda: later_ns)
        again.start_stores(lambda held: True)
        assert "lock timeout" in again.keep_reflections()
