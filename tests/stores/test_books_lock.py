"""The lock on the books outlives the session that took it, and is never held twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from books_session import end_session, holders

from core.errors import StoreError, StoreUnavailable
from core.stores.books_lock import BooksLock
from core.stores.embedded import Stores
from core.stores.postgres import connect


@pytest.fixture
def url(fresh_stores: Stores) -> str:
    return fresh_stores.database_url


@pytest.fixture
def lock(url: str) -> Iterator[BooksLock]:
    found = BooksLock(url)
    yield found
    found.close()


def others_are_refused(url: str) -> bool:
    try:
        BooksLock(url).close()
    except StoreUnavailable:
        raise
    except StoreError:
        return True
    return False


def test_while_it_is_held_nothing_is_taken_anew(url: str, lock: BooksLock) -> None:
    before = lock.connection
    lock.keep()
    assert lock.connection is before
    assert others_are_refused(url)


def test_one_that_is_given_back_is_free_at_once(url: str) -> None:
    for _ in range(20):
        BooksLock(url).close()


def test_it_is_taken_again_when_its_session_has_ended(
    url: str, lock: BooksLock
) -> None:
    for _ in range(2):
        end_session(url)
        lock.keep()
        assert others_are_refused(url)


def test_it_is_not_taken_from_another_that_has_it_by_now(
    url: str, lock: BooksLock
) -> None:
    end_session(url)
    other = BooksLock(url)
    for _ in range(2):
        with pytest.raises(StoreError, match="another system has taken") as why:
            lock.keep()
        assert not isinstance(why.value, StoreUnavailable)
    assert others_are_refused(url)
    other.close()


def test_a_database_that_is_away_is_looked_for_again(
    stores: Stores, url: str, lock: BooksLock
) -> None:
    with psycopg.connect(stores.database_url, autocommit=True) as server:
        name = lock.connection.info.dbname
        server.execute(f"alter database {name} with allow_connections false".encode())
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            (name,),
        )
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                lock.keep()
        server.execute(f"alter database {name} with allow_connections true".encode())
    lock.keep()
    assert others_are_refused(url)


class Cut:
    """A connection whose line was cut: the server knows nothing of it."""

    def execute(self, *_: Any) -> None:
        raise psycopg.OperationalError("the line is cut")

    def close(self) -> None:
        pass


def test_the_own_session_on_a_line_that_was_cut_is_no_other_system(
    url: str, lock: BooksLock
) -> None:
    old, lock.connection = lock.connection, Cut()  # type: ignore[assignment]
    with connect(url) as look:
        (before,) = holders(look)
        for _ in range(20):
            try:
                lock.keep()
                break
            except StoreUnavailable:
                lock.connection = Cut()  # type: ignore[assignment]
        (now,) = holders(look)
    old.close()
    assert now != before
    assert others_are_refused(url)


def test_a_server_that_hangs_is_one_that_is_away(url: str) -> None:
    lock = BooksLock(url, answer_s=0.5)
    (pid,) = holding(url)
    os.kill(pid, signal.SIGSTOP)
    try:
        # The session before cannot end, so it may be nobody else who holds the lock.
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                lock.keep()
            assert time.monotonic() - began < 30
    finally:
        os.kill(pid, signal.SIGCONT)
    until = time.monotonic() + 10
    while True:
        try:
            lock.keep()
            break
        except StoreUnavailable:
            assert time.monotonic() < until
    assert others_are_refused(url)
    lock.close()


def holding(url: str) -> list[int]:
    with psycopg.connect(url, autocommit=True) as connection:
        return holders(connection)
