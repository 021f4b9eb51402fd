"""A disk or a server in trouble holds reflections up, and loses and repeats none."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from test_reflections import NOWHERE, record, ticks

from core import reflections
from core.reflections import ReflectionLog
from core.spool import Spool
from core.stores.embedded import Stores
from core.stores.postgres import Connection, connect


def read_only(*_: object, **__: object) -> None:
    """Do what each change of a file does on a disk that takes none any more."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize("fails", [(Path, "write_bytes"), (Spool, "put")])
def test_a_disk_that_turns_read_only_loses_nothing_and_says_stop(
    fresh_stores: Stores, tmp_path: Path, fails: tuple[type, str]
) -> None:
    with ReflectionLog(NOWHERE, tmp_path) as log:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*fails, read_only)
            patch.setattr(Path, "unlink", read_only)
            for tick in range(3):
                log.append(record(tick))
                assert not log.flush(0.4)
            assert log.counters.dropped == 0
            assert "Postgres is away and the spool" in log.stop_reason()
        log._database_url = fresh_stores.database_url
        assert log.flush(5)
        assert (log.counters.dropped, log.stop_reason()) == (0, "")
    assert ticks(fresh_stores.database_url) == [0, 1, 2]


def test_what_is_sent_is_sent_once_though_its_file_cannot_be_removed(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    with ReflectionLog(NOWHERE, tmp_path) as log:
        log.append(record(0))
        assert not log.flush(0.4)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "unlink", read_only)
            log._database_url = fresh_stores.database_url
            log.append(record(1))
            assert log.flush(5)
        assert (log.counters.dropped, log.counters.written) == (0, 2)
    assert list(tmp_path.glob("*/*.copy"))
    with ReflectionLog(fresh_stores.database_url, tmp_path) as after:
        assert after.flush()
    assert ticks(fresh_stores.database_url) == [0, 1]
    assert not list(tmp_path.iterdir())


def test_a_server_that_hangs_is_one_that_is_away(
    fresh_stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflections, "ANSWER_S", 0.5)
    troubles: list[str] = []
    url = fresh_stores.database_url
    log = ReflectionLog(url, tmp_path, on_trouble=troubles.append)
    log.append(record(0))
    assert log.flush()
    log._database_url = NOWHERE
    with hanging(url):
        log.append(record(1))
        until(lambda: log.counters.spooled == 1)
        assert troubles == [
            "reflections go to the spool: Postgres does not answer within 0.5 s"
        ]
        log._database_url = url
        assert log.flush(5), "what hangs of the batch holds up no other session"
    assert log.close()
    assert ticks(url) == [0, 1]


def test_what_a_disk_in_trouble_does_not_take_at_the_end_is_counted_and_told(
    tmp_path: Path,
) -> None:
    troubles: list[str] = []
    log = ReflectionLog(NOWHERE, tmp_path, on_trouble=troubles.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spool, "put", read_only)
        log.append(record(0))
        assert not log.close(0.4)
    assert log.counters.dropped == 1
    assert troubles[-1] == "1 reflections are lost: nothing takes them"
    assert not list(tmp_path.iterdir()), "nothing is left to be taken over"


def test_a_batch_that_begins_just_as_the_end_comes_waits_no_longer_than_it(
    fresh_stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ReflectionLog(fresh_stores.database_url, tmp_path)
    watched = log._unanswered.watched
    about_to, may = threading.Event(), threading.Event()

    def late(connection: Connection, most_s: float) -> AbstractContextManager[None]:
        about_to.set()
        assert may.wait(10)
        return watched(connection, most_s)

    monkeypatch.setattr(log._unanswered, "watched", late)
    log.append(record(0))
    assert about_to.wait(10)
    hurry = log._unanswered.hurry

    def hurried(*given: float) -> None:
        hurry(*given)
        may.set()

    monkeypatch.setattr(log._unanswered, "hurry", hurried)
    with hanging(fresh_stores.database_url):
        began = time.monotonic()
        assert not log.close(0.2)
        assert time.monotonic() - began < 5
    assert (log.counters.spooled, log.counters.dropped) == (1, 0)


def test_an_end_waits_for_no_server_that_hangs(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    """Who stops the process gives it eight seconds, and then what is in memory is lost."""
    url = fresh_stores.database_url
    log = ReflectionLog(url, tmp_path)
    log.append(record(0))
    assert log.flush()
    log._database_url = NOWHERE
    with hanging(url):
        log.append(record(1))
        time.sleep(0.3)
        began = time.monotonic()
        assert not log.close(0.5)
        assert time.monotonic() - began < 5
        assert (log.counters.spooled, log.counters.dropped) == (1, 0)
    with ReflectionLog(url, tmp_path) as after:
        assert after.flush()
    assert ticks(url) == [0, 1]


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """Stop the server's processes that are connected to this database; it hangs for them."""
    with connect(url) as connection:
        found = connection.execute(
            "select pid from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchall()
    pids = [int(str(pid)) for (pid,) in found]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def until(true: Callable[[], object]) -> None:
    """Wait until it is true, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
