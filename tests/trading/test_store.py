"""The Store port over a real Postgres."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from core.errors import StoreError, StoreUnavailable
from core.stores.embedded import Stores
from core.trading.kept_store import KeptStore
from core.trading.store import PostgresStore


@pytest.fixture
def store(fresh_stores: Stores) -> Iterator[PostgresStore]:
    found = PostgresStore(fresh_stores.database_url)
    yield found
    found.close()


def fill(fill_id: str = "f1", **changes: Any) -> dict[str, Any]:
    row = {
        "fill_id": fill_id,
        "order_id": "o1",
        "client_id": "c1",
        "symbol": "PF_XBTUSD",
        "side": "buy",
        "size": Decimal("0.0100"),
        "price": Decimal("60000.5"),
        "time_ms": 1_700_000_000_000,
    }
    return {**row, **changes}


def test_a_row_comes_back_as_it_was_written(store: PostgresStore) -> None:
    store.insert("fills", fill())
    (row,) = store.rows("fills", 0)
    assert row == fill()
    assert str(row["size"]) == "0.0100"


def test_a_row_with_the_same_key_is_replaced(store: PostgresStore) -> None:
    store.insert("fills", fill())
    store.insert("fills", fill(side="sell"))
    assert [row["side"] for row in store.rows("fills", 0)] == ["sell"]


def test_columns_that_are_not_given_stay_as_they_were(store: PostgresStore) -> None:
    first = {"time_ms": 5, "balance_usd": 2, "floating_usd": 0, "equity_usd": 2}
    store.insert("equity", {**first, "exchange_equity_usd": 3})
    store.insert("equity", {**first, "equity_usd": 4})
    (row,) = store.rows("equity", 0)
    assert (row["equity_usd"], row["exchange_equity_usd"]) == (4, 3)


def test_a_row_that_lacks_what_must_be_there_is_refused(store: PostgresStore) -> None:

    with pytest.raises(StoreError):
        store.insert("equity", {"time_ms": 6})


def test_rows_come_oldest_first_from_a_time_on(store: PostgresStore) -> None:
    for name, time_ms in (("c", 30), ("a", 10), ("b", 20)):
        store.insert("fills", fill(name, time_ms=time_ms))
    assert [row["fill_id"] for row in store.rows("fills", 20)] == ["b", "c"]


@pytest.mark.parametrize("table", ["accounts", "pg_class", 'fills"; drop table x; --'])
def test_an_unknown_table_is_an_error_that_names_the_known(
    store: PostgresStore, table: str
) -> None:
    for use in (lambda: store.insert(table, {"a": 1}), lambda: store.rows(table, 0)):
        with pytest.raises(StoreError, match="there is no table") as caught:
            use()
        assert "orders, fills, trades" in (caught.value.hint or "")


def test_an_unknown_column_is_an_error_and_nothing_is_written(
    store: PostgresStore,
) -> None:
    with pytest.raises(StoreError, match="table fills has no column 'colour'"):
        store.insert("fills", fill(colour="red"))
    assert store.rows("fills", 0) == []


def test_a_value_that_postgres_refuses_is_told_and_the_next_row_is_taken(
    store: PostgresStore,
) -> None:
    with pytest.raises(StoreError, match="Postgres refused a row"):
        store.insert("fills", fill(side="sideways"))
    store.insert("fills", fill())
    assert len(store.rows("fills", 0)) == 1


def cut(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_a_broken_connection_is_made_anew(
    store: PostgresStore, fresh_stores: Stores
) -> None:
    store.insert("fills", fill("a"))
    cut(fresh_stores.database_url)
    store.insert("fills", fill("b"))
    cut(fresh_stores.database_url)
    assert len(store.rows("fills", 0)) == 2


def test_a_database_that_is_gone_is_an_error_of_ours_and_then_found_again(
    store: PostgresStore, fresh_stores: Stores, stores: Stores
) -> None:
    name = fresh_stores.database_url.rpartition("/")[2].partition("?")[0]

    def allow(connections: bool) -> None:
        with psycopg.connect(stores.database_url, autocommit=True) as admin:
            text = f"alter database {name} allow_connections {str(connections).lower()}"
            admin.execute(text.encode())

    allow(False)
    with psycopg.connect(stores.database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            (name,),
        )
    with pytest.raises(StoreUnavailable, match="does not answer"):
        store.insert("fills", fill())
    allow(True)
    store.insert("fills", fill())
    assert len(store.rows("fills", 0)) == 1


def backends(url: str, name: str) -> list[int]:
    with psycopg.connect(url) as other:
        rows = other.execute(
            "select pid from pg_stat_activity where application_name like %s", (name,)
        )
        return [pid for (pid,) in rows]


@pytest.mark.alone
def test_a_server_that_does_not_answer_is_away_after_a_few_seconds(
    fresh_stores: Stores, store: PostgresStore
) -> None:
    """What it got before is not carried out later, over what is newer."""
    (pid,) = backends(fresh_stores.database_url, "architect books %")
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="within 3 s"):
            store.insert("fills", fill(side="sell"))
        assert time.monotonic() - began < 5
        store.insert("fills", fill(price=Decimal(1)))
    finally:
        os.kill(pid, signal.SIGCONT)
    while pid in backends(fresh_stores.database_url, "%"):
        time.sleep(0.05)
    (row,) = store.rows("fills", 0)
    assert (row["side"], row["price"]) == ("buy", 1)


@pytest.mark.alone
def test_a_table_that_somebody_locked_is_waited_for_no_longer(
    fresh_stores: Stores, store: PostgresStore
) -> None:
    with psycopg.connect(fresh_stores.database_url) as other:
        other.execute("lock table trading_data.fills in access exclusive mode")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="within 3 s"):
            store.insert("fills", fill())
        assert time.monotonic() - began < 5
    store.insert("fills", fill())
    assert len(store.rows("fills", 0)) == 1


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """Let the database take no rows for a while, as one does that fails over."""
    name = url.rpartition("/")[2].partition("?")[0]

    def switch(value: str) -> None:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("set default_transaction_read_only = off")
            text = f"alter database {name} set default_transaction_read_only = {value}"
            other.execute(text.encode())
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name like 'architect books %'"
            )

    switch("on")
    try:
        yield
    finally:
        switch("off")


def test_a_postgres_that_is_read_only_loses_no_row_and_stops_entries(
    fresh_stores: Stores, store: PostgresStore
) -> None:
    now_s = 100.0
    kept = KeptStore(store, monotonic=lambda: now_s)
    kept.insert("fills", fill("f1"))
    with read_only(fresh_stores.database_url):
        for number in (2, 3):
            with suppress(StoreUnavailable):
                kept.insert("fills", fill(f"f{number}"))
        assert "read-only" in kept.stop_reason()
    now_s += 60
    kept.insert("fills", fill("f4"))
    assert kept.stop_reason() == ""
    ids = [row["fill_id"] for row in store.rows("fills", 0)]
    assert sorted(ids) == ["f1", "f2", "f3", "f4"]


def test_a_row_that_cannot_be_is_refused_and_holds_up_no_other(
    store: PostgresStore,
) -> None:
    with pytest.raises(StoreError) as caught:
        store.insert("fills", fill(side=None))
    assert not isinstance(caught.value, StoreUnavailable)
    store.insert("fills", fill())
