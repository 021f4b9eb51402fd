"""Reflections by the day: nothing is lost at a day's border, and old days go whole."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from core.errors import StoreUnavailable
from core.stores import inventory, retention
from core.stores.embedded import Stores
from core.stores.retention import DAY_MS, keep, partitions

TODAY = 20_500
INSERT = (
    "insert into system_logs.reflections (time_ms, module, version, tick, duration_us,"
    " outcome) values (%s, 'rsi', 'v', 1, 1.5, 'ok')"
)


@pytest.fixture
def url(fresh_stores: Stores) -> str:
    return fresh_stores.database_url


def write(connection: psycopg.Connection, *days: float) -> None:
    for day in days:
        connection.execute(INSERT, (int(day * DAY_MS),))


def placed(connection: psycopg.Connection) -> dict[str, int]:
    rows = connection.execute(
        "select tableoid::regclass::text, count(*) from system_logs.reflections group by 1"
    )
    return {name.rpartition(".")[2]: number for name, number in rows}


def test_each_day_has_its_partition_and_borders_are_exact(url: str) -> None:
    assert keep(url, TODAY * DAY_MS, 3) == []
    with psycopg.connect(url, autocommit=True) as connection:
        assert partitions(connection) == [TODAY, TODAY + 1, TODAY + 2]
        write(connection, TODAY, TODAY + 0.999, TODAY + 1, TODAY + 2.5)
        assert placed(connection) == {
            f"reflections_day_{TODAY}": 2,
            f"reflections_day_{TODAY + 1}": 1,
            f"reflections_day_{TODAY + 2}": 1,
        }


def test_what_was_written_before_its_partition_moves_into_it(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        write(connection, TODAY + 0.5, TODAY - 1.5)
        assert placed(connection) == {"reflections_rest": 2}
        keep(url, TODAY * DAY_MS, 3)
        keep(url, TODAY * DAY_MS, 3)
        assert placed(connection) == {
            f"reflections_day_{TODAY}": 1,
            "reflections_rest": 1,
        }


def test_old_days_are_dropped_wherever_they_are(url: str) -> None:
    keep(url, TODAY * DAY_MS, 3)
    with psycopg.connect(url, autocommit=True) as connection:
        write(connection, TODAY, TODAY - 0.5, TODAY + 2)
        later = TODAY + 4
        assert keep(url, later * DAY_MS, 3) == [f"reflections_day_{TODAY}"]
        assert placed(connection) == {f"reflections_day_{TODAY + 2}": 1}


def test_a_purge_counts_and_empties_all_days_as_one_table(
    make_stores: Callable[[], Stores],
) -> None:
    stores = make_stores()
    keep(stores.database_url, TODAY * DAY_MS, 3)
    client = inventory.connect_redis(stores.redis_url)
    with psycopg.connect(stores.database_url, autocommit=True) as connection:
        write(connection, TODAY, TODAY + 1, TODAY - 9)
        found = inventory.take(connection, client)
        assert found.tables["system_logs.reflections"] == 3
        assert found.foreign == []
    client.close()


def test_ids_grow_across_days(url: str) -> None:
    keep(url, TODAY * DAY_MS, 3)
    with psycopg.connect(url, autocommit=True) as connection:
        write(connection, TODAY + 1, TODAY, TODAY + 2)
        rows = connection.execute(
            "select id from system_logs.reflections order by id"
        ).fetchall()
        assert len({row[0] for row in rows}) == 3


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """Let the database take no writes of whoever connects meanwhile."""
    with psycopg.connect(url, autocommit=True) as connection:
        change = f"alter database {connection.info.dbname}"
        connection.execute(f"{change} set default_transaction_read_only = on".encode())
        try:
            yield
        finally:
            connection.execute(f"{change} reset default_transaction_read_only".encode())


@pytest.mark.parametrize("made", [False, True])
def test_a_database_that_takes_no_writes_is_one_that_is_away(
    url: str, made: bool
) -> None:
    if made:
        keep(url, TODAY * DAY_MS, 3)
    with read_only(url), pytest.raises(StoreUnavailable, match="read-only"):
        keep(url, TODAY * DAY_MS, 3)
    keep(url, TODAY * DAY_MS, 3)


def test_who_reads_for_long_is_not_waited_for(url: str) -> None:
    with psycopg.connect(url) as reader:
        reader.execute("select count(*) from system_logs.reflections")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            keep(url, TODAY * DAY_MS, 3)
        assert time.monotonic() - began < retention.LOCK_MS / 1000 + 5
        reader.rollback()
        keep(url, TODAY * DAY_MS, 3)
        reader.execute("select count(*) from system_logs.reflections")
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            keep(url, (TODAY + 4) * DAY_MS, 3)


def test_a_server_that_hangs_is_one_that_is_away(url: str) -> None:
    with psycopg.connect(url) as reader, ThreadPoolExecutor(1) as pool:
        reader.execute("select count(*) from system_logs.reflections")
        kept = pool.submit(keep, url, TODAY * DAY_MS, 3, 2.0)
        pid = who_waits(url)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match="no answer within 2 s"):
                kept.result(timeout=15)
        finally:
            os.kill(pid, signal.SIGCONT)


def who_waits(url: str) -> int:
    """Return the server's process that waits for a lock in this database."""
    asked = (
        "select pid from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 10
    with psycopg.connect(url, autocommit=True) as connection:
        while not (found := connection.execute(asked).fetchone()):
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.02)
    return int(found[0])
