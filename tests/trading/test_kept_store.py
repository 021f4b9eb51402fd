"""Rows that Postgres cannot take now are kept, and written in their order."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import StoreError, StoreUnavailable
from core.trading import kept_store
from core.trading.kept_store import RETRY_S, KeptStore


class Postgres:
    """A store that is away while `away`, and takes no row named bad."""

    def __init__(self) -> None:
        self.away, self.tries, self.closed = False, 0, False
        self.written: list[tuple[str, Any]] = []

    def insert(self, table: str, row: dict[str, Any]) -> None:
        self.tries += 1
        if self.away:
            raise StoreUnavailable("No space left on device")
        if row["n"] == "bad":
            raise StoreError("no such column")
        self.written.append((table, row["n"]))

    def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]:
        return [{"n": n} for _, n in self.written]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def postgres() -> Postgres:
    return Postgres()


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_what_can_be_written_is_written_at_once(postgres: Postgres) -> None:
    store = KeptStore(postgres)
    store.insert("fills", {"n": 1})
    assert (postgres.written, len(store), store.stop_reason()) == (
        [("fills", 1)],
        0,
        "",
    )
    with pytest.raises(StoreError, match="no such column"):
        store.insert("fills", {"n": "bad"})
    assert len(store) == 0


def test_rows_wait_in_their_order_and_say_stop(postgres: Postgres) -> None:
    clock = Clock()
    store = KeptStore(postgres, monotonic=clock)
    postgres.away = True
    row = {"n": 1}
    store.insert("orders", row)
    row["n"] = 9  # whoever made it goes on with it
    for n in (2, 3):
        store.insert("trades", {"n": n})
    assert "3 rows wait: No space left on device" in store.stop_reason()
    assert postgres.tries == 1  # no row waits for Postgres while it is known to be away
    with pytest.raises(StoreUnavailable, match="3 rows wait"):
        store.rows("trades", 0)
    postgres.away = False
    clock.now_s += RETRY_S
    store.insert("fills", {"n": 4})
    wanted = [("orders", 1), ("trades", 2), ("trades", 3), ("fills", 4)]
    assert (postgres.written, store.stop_reason()) == (wanted, "")
    assert [row["n"] for row in store.rows("fills", 0)] == [1, 2, 3, 4]


def test_asking_whether_to_stop_tries_again(postgres: Postgres) -> None:
    clock = Clock()
    store = KeptStore(postgres, monotonic=clock)
    postgres.away = True
    store.insert("orders", {"n": 1})
    postgres.away = False
    assert store.stop_reason()
    clock.now_s += RETRY_S
    assert store.stop_reason() == ""


def test_a_kept_row_that_is_refused_is_told_and_costs_only_itself(
    postgres: Postgres,
) -> None:
    told: list[Any] = []
    clock = Clock()
    store = KeptStore(postgres, lambda kind, /, **more: told.append(more), clock)
    postgres.away = True
    for n in (1, "bad", 2):
        store.insert("orders", {"n": n})
    postgres.away = False
    clock.now_s += RETRY_S
    assert store.stop_reason() == ""
    assert postgres.written == [("orders", 1), ("orders", 2)]
    assert told == [{"part": "store", "error": "orders: no such column"}]


def test_memory_is_bounded(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_store, "MOST_KEPT", 2)
    store = KeptStore(postgres)
    postgres.away = True
    store.insert("orders", {"n": 1})
    store.insert("orders", {"n": 2})
    with pytest.raises(StoreUnavailable, match="2 rows wait"):
        store.insert("orders", {"n": 3})


def test_closing_tells_what_is_gone(postgres: Postgres) -> None:
    store = KeptStore(postgres)
    postgres.away = True
    store.insert("orders", {"n": 1})
    assert (store.close(), postgres.closed) == (1, True)
    store = KeptStore(postgres)
    store.insert("orders", {"n": 2})
    postgres.away = False
    assert (store.close(), postgres.written) == (0, [("orders", 2)])


def test_one_that_hangs_takes_a_small_part_of_the_time(postgres: Postgres) -> None:
    clock = Clock()
    insert = postgres.insert

    def slowly(table: str, row: dict[str, Any]) -> None:
        clock.now_s += 3
        insert(table, row)

    postgres.insert = slowly  # type: ignore[method-assign]
    store = KeptStore(postgres, monotonic=clock)
    postgres.away = True
    began = clock.now_s
    for n in range(100):
        store.insert("orders", {"n": n})
        clock.now_s += 0.5
    assert 3 * postgres.tries < 0.15 * (clock.now_s - began)
