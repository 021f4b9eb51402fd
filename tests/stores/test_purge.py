"""Purge: exactly what is ours, after a yes, and restorable."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from core.errors import StoreError
from core.stores import dump, inventory
from core.stores import purge as module_purge
from core.stores.books_lock import BooksLock
from core.stores.dump import dump_table
from core.stores.embedded import Stores
from core.stores.inventory import Inventory
from core.stores.migrate import migrate
from core.stores.postgres import connect
from core.stores.purge import init, purge, restore

INCIDENT = (
    "insert into system_logs.incidents (module, version, kind, opened_ms, state, summary)"
    " values ('ema', 'v1', 'error', %s, 'open', '')"
)


def yes(_: Inventory) -> bool:
    """Say yes."""
    return True


def no(_: Inventory) -> bool:
    """Say no."""
    return False


def fill(stores: Stores) -> None:
    """Put something of everything into the stores, also what is not ours."""
    with connect(stores.database_url) as connection:
        connection.execute(
            "insert into trading_data.equity values"
            " (1, 10000.123456789, -1.5, 9998.623456789, null)"
        )
        connection.execute(
            "insert into system_logs.incidents"
            " (module, version, kind, opened_ms, state, summary, inputs) values"
            " ('rsi', 'v1', 'error', 5, 'open', E'line\\n\"two\", \\\\N', '{\"a\": [1]}')"
        )
        connection.execute(
            "insert into system_logs.incident_events values (1, 6, 'contain', 'null')"
        )
        connection.execute("create table if not exists public.theirs as select 1 as n")
        connection.execute(
            "create table if not exists trading_data.theirs_too as select 2 as n"
        )
    with redis.Redis.from_url(stores.redis_url) as client:
        client.xadd("architect:failures", {"module": "rsi", "raw": b"\xff\x00"})
        client.set("architect:soon", "gone", px=3_600_000)
        client.set("theirs", "kept")


def contents(stores: Stores) -> Any:
    """Return everything of ours that a dump must bring back."""
    with connect(stores.database_url) as connection:
        tables = {
            name: connection.execute(
                f"select * from {name} order by 1".encode()
            ).fetchall()
            for name in inventory.TABLES
        }
    with redis.Redis.from_url(stores.redis_url) as client:
        keys = {key: client.dump(key) for key in inventory.our_keys(client)}
    return tables, keys


def counts(stores: Stores) -> Inventory:
    """Return the inventory of the stores."""
    client = inventory.connect_redis(stores.redis_url)
    with connect(stores.database_url) as connection, client:
        return inventory.take(connection, client)


def test_what_is_ours_is_listed_before_it_is_asked_for(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    fill(fresh_stores)
    asked: list[str] = []

    def confirm(found: Inventory) -> bool:
        asked.append(found.describe())
        return False

    urls = fresh_stores.database_url, fresh_stores.redis_url
    assert purge(*urls, tmp_path, confirm) is None
    assert "trading_data.equity: 1 rows" in asked[0]
    assert "redis keys architect:*: 2" in asked[0]
    assert "not ours, left alone: trading_data.theirs_too" in asked[0]
    assert "public.theirs" not in asked[0]


def test_a_no_changes_nothing(fresh_stores: Stores, tmp_path: Path) -> None:
    fill(fresh_stores)
    before = contents(fresh_stores)
    urls = fresh_stores.database_url, fresh_stores.redis_url
    assert purge(*urls, tmp_path, no) is None
    assert contents(fresh_stores) == before
    assert not list(tmp_path.iterdir())


def test_a_yes_empties_ours_and_nothing_else(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    fill(fresh_stores)
    purged = purge(fresh_stores.database_url, fresh_stores.redis_url, tmp_path, yes)
    assert purged is not None
    assert counts(fresh_stores).is_empty
    with connect(fresh_stores.database_url) as connection:
        assert inventory.count(connection, "public.theirs") == 1
        assert inventory.count(connection, "trading_data.theirs_too") == 1
    with redis.Redis.from_url(fresh_stores.redis_url) as client:
        assert client.get("theirs") == b"kept"


def test_a_dump_brings_everything_back(fresh_stores: Stores, tmp_path: Path) -> None:
    fill(fresh_stores)
    before = contents(fresh_stores)
    urls = fresh_stores.database_url, fresh_stores.redis_url
    purged = purge(*urls, tmp_path, yes)
    assert purged is not None
    assert purged.dump is not None
    restore(*urls, purged.dump)
    assert contents(fresh_stores) == before
    with redis.Redis.from_url(fresh_stores.redis_url) as client:
        assert 3_500_000 < int(str(client.pttl("architect:soon"))) <= 3_600_000


def test_new_rows_after_a_restore_get_new_numbers(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    fill(fresh_stores)
    urls = fresh_stores.database_url, fresh_stores.redis_url
    purged = purge(*urls, tmp_path, yes)
    assert purged is not None
    assert purged.dump is not None
    restore(*urls, purged.dump)
    with connect(urls[0]) as connection:
        number = connection.execute(
            "insert into system_logs.incidents (module, version, kind, opened_ms, state,"
            " summary) values ('ema', 'v1', 'error', 9, 'open', '') returning incident_id"
        ).fetchone()
    assert number == (2,)


def test_a_dump_is_not_mixed_with_what_is_there(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    fill(fresh_stores)
    urls = fresh_stores.database_url, fresh_stores.redis_url
    purged = purge(*urls, tmp_path, yes)
    assert purged is not None
    assert purged.dump is not None
    fill(fresh_stores)
    with pytest.raises(StoreError, match="not empty"):
        restore(*urls, purged.dump)


def test_a_folder_without_a_dump_is_an_error(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="no dump"):
        restore(fresh_stores.database_url, fresh_stores.redis_url, tmp_path)


def test_a_strangers_reference_to_our_table_stops_the_purge(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    fill(fresh_stores)
    with connect(fresh_stores.database_url) as connection:
        connection.execute(
            "create table public.notes"
            " (n bigint references system_logs.incidents (incident_id))"
        )
    urls = fresh_stores.database_url, fresh_stores.redis_url
    with pytest.raises(StoreError, match="refers to one of ours"):
        purge(*urls, tmp_path, yes)
    assert not counts(fresh_stores).is_empty


def test_the_first_use_purges_and_later_ones_do_not(
    make_stores: Callable[..., Stores], tmp_path: Path
) -> None:
    stores = make_stores("template1")
    urls = stores.database_url, stores.redis_url
    with redis.Redis.from_url(stores.redis_url) as client:
        client.set("architect:old", "from an earlier use")
    assert init(*urls, tmp_path, yes)
    assert counts(stores).keys == 0
    fill(stores)
    assert init(*urls, tmp_path, no) == []
    assert not counts(stores).is_empty


def test_a_first_use_of_empty_stores_asks_nothing(
    make_stores: Callable[..., Stores], tmp_path: Path
) -> None:
    stores = make_stores("template1")
    assert init(stores.database_url, stores.redis_url, tmp_path, no)


def test_a_first_use_that_is_declined_is_an_error(
    make_stores: Callable[..., Stores], tmp_path: Path
) -> None:
    stores = make_stores("template1")
    migrate(stores.database_url)
    fill(stores)
    with pytest.raises(StoreError, match="declined"):
        init(stores.database_url, stores.redis_url, tmp_path, no)
    assert not counts(stores).is_empty


@pytest.fixture
def urls(fresh_stores: Stores) -> tuple[str, str]:
    fill(fresh_stores)
    return fresh_stores.database_url, fresh_stores.redis_url


def test_the_books_of_a_system_that_trades_are_left_alone(
    fresh_stores: Stores, urls: tuple[str, str], tmp_path: Path
) -> None:
    before = contents(fresh_stores)
    with closing(BooksLock(urls[0])):
        with pytest.raises(StoreError, match="another system trades"):
            purge(*urls, tmp_path, yes)
        with pytest.raises(StoreError, match="another system trades"):
            restore(*urls, tmp_path)
    assert contents(fresh_stores) == before
    assert not list(tmp_path.iterdir())
    assert purge(*urls, tmp_path, yes) is not None


def test_nobody_begins_to_trade_while_a_purge_asks(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    def confirm(_: Inventory) -> bool:
        with pytest.raises(StoreError, match="another system trades"):
            BooksLock(urls[0])
        return False

    assert purge(*urls, tmp_path, confirm) is None
    BooksLock(urls[0]).close()


def test_what_is_written_during_a_purge_is_in_the_dump_or_in_the_store(
    urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others than who trades write too: reflections, incidents, what models cost."""

    def insert(number: int) -> None:
        with connect(urls[0]) as connection:
            connection.execute(INCIDENT, (number,))

    def write_once_read(*arguments: Any) -> None:
        dump_table(*arguments)
        if arguments[1] == "system_logs.incidents":
            later.append(pool.submit(insert, 3))
            wait(later, 0.5)

    def confirm(_: Inventory) -> bool:
        insert(2)
        return True

    later: list[Future[None]] = []
    monkeypatch.setattr(dump, "dump_table", write_once_read)
    with ThreadPoolExecutor(1) as pool:
        purged = purge(*urls, tmp_path, confirm)
    (written,) = later
    written.result()
    assert purged is not None
    assert purged.dump is not None
    with gzip.open(purged.dump / "system_logs.incidents.csv.gz", "rt") as file:
        dumped = [row["opened_ms"] for row in csv.DictReader(file)]
    with connect(urls[0]) as connection:
        left = connection.execute("select opened_ms from system_logs.incidents")
        assert (dumped, left.fetchall()) == (["5", "2"], [(3,)])
    assert purged.found.tables["system_logs.incidents"] == 2


def test_who_holds_a_table_for_long_is_not_waited_for(
    fresh_stores: Stores,
    urls: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module_purge, "LOCK_MS", 300)
    before = contents(fresh_stores)
    with psycopg.connect(urls[0]) as reader:
        reader.execute("select from system_logs.incidents")
        with pytest.raises(StoreError, match="somebody else holds"):
            purge(*urls, tmp_path, yes)
    assert contents(fresh_stores) == before
    assert not list(tmp_path.iterdir())
