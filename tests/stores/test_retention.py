"""Reflections by the day: nothing is lost at a day's border, and old days go whole."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from core.stores import inventory
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
