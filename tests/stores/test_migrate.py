"""Migrations: once each, in order, never against a store that is not what they expect."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import StoreError
from core.stores import inventory
from core.stores.embedded import Stores
from core.stores.migrate import FOLDER, migrate, read_migrations
from core.stores.postgres import connect


@pytest.fixture
def database_url(make_stores: Callable[..., Stores]) -> str:
    """An empty database without any schema of ours."""
    return make_stores("template1").database_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that may be changed."""
    shutil.copytree(FOLDER, tmp_path / "migrations")
    return tmp_path / "migrations"


def test_a_second_run_applies_nothing(database_url: str) -> None:
    assert migrate(database_url) == [m.name for m in read_migrations()]
    assert migrate(database_url) == []


def test_the_inventory_names_every_table_that_migrations_make(
    database_url: str,
) -> None:
    migrate(database_url)
    with connect(database_url) as connection:
        there = inventory.tables_in_schemas(connection)
    assert there == {*inventory.TABLES, *inventory.KEPT}


AMOUNT = re.compile(r"_usd$|_price$|size$|^filled$|^price$")


def test_every_amount_of_the_books_is_numeric(database_url: str) -> None:
    """A float would lose what it cannot hold, and so would numeric with a scale."""
    migrate(database_url)
    with connect(database_url) as connection:
        rows = connection.execute(
            "select table_name || '.' || column_name, data_type, numeric_scale"
            " from information_schema.columns where table_schema = 'trading_data'"
        ).fetchall()
    types = {str(name): (kind, scale) for name, kind, scale in rows}
    amounts = {name for name in types if AMOUNT.search(name.partition(".")[2])}
    assert {name for name in amounts if types[name] != ("numeric", None)} == set()
    assert {
        "equity.exchange_equity_usd",
        "fills.price",
        "fills.size",
        "ledger.transfer_usd",
        "orders.filled",
        "orders.protect_price",
        "levels.take_price",
        "plans.clip_size",
        "trades.realised_usd",
    } <= amounts
    # An amount by a name that nobody thought of is no float either.
    kinds = {kind for kind, _ in types.values()}
    assert kinds.isdisjoint({"real", "double precision", "money"})


def test_two_runs_at_once_apply_each_migration_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [database_url] * 4))
    assert sorted(name for names in applied for name in names) == [
        m.name for m in read_migrations()
    ]


def test_a_changed_migration_is_refused(database_url: str, folder: Path) -> None:
    migrate(database_url, folder)
    with (folder / "0001_trading_data.sql").open("a") as file:
        file.write("-- a change\n")
    with pytest.raises(
        StoreError, match=r"0001_trading_data\.sql was changed"
    ) as caught:
        migrate(database_url, folder)
    assert caught.value.hint


def test_a_store_of_a_newer_release_is_refused(database_url: str, folder: Path) -> None:
    (folder / "9999_later.sql").write_text("create table system_logs.later (n int)")
    migrate(database_url, folder)
    with pytest.raises(StoreError, match=r"newer release: it has 9999_later\.sql"):
        migrate(database_url)


def test_a_failing_migration_leaves_nothing_of_itself(
    database_url: str, folder: Path
) -> None:
    bad = "create table system_logs.half (n int); select 1 / 0"
    (folder / "9999_bad.sql").write_text(bad)
    with pytest.raises(StoreError, match="division by zero"):
        migrate(database_url, folder)
    with connect(database_url) as connection:
        assert "system_logs.half" not in inventory.tables_in_schemas(connection)
    (folder / "9999_bad.sql").unlink()
    assert migrate(database_url, folder) == []


def test_somebody_elses_schema_is_not_taken_over(database_url: str) -> None:
    with connect(database_url) as connection:
        connection.execute("create schema trading_data")
    with pytest.raises(StoreError) as caught:
        migrate(database_url)
    assert caught.value.hint == (
        "the database holds somebody else's tables: use one of its own"
    )


def test_a_repeated_fact_is_harmless(fresh_stores: Stores) -> None:
    """The keys are those of the facts, so `on conflict do nothing` is enough."""
    insert = (
        "insert into trading_data.fills values ('f1', 'o1', 'c1', 'PF_XBTUSD', 'buy',"
        " 0.0001, 64000.5, 1700000000000) on conflict do nothing"
    )
    with connect(fresh_stores.database_url) as connection:
        connection.execute(insert)
        connection.execute(insert)
        assert inventory.count(connection, "trading_data.fills") == 1
