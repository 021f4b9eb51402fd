"""What the loop does while a part of the exchange, or the store, fails or answers late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import Noting, decide, entries, no_wait, replace, restart, session, tick

from core.errors import ExchangeUnavailable, OrderRejected, StoreUnavailable
from core.trading.backtest.run import Session
from core.trading.kept_store import KeptStore
from core.trading.paper import NewOrder
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.exits import ATTEMPTS
from core.trading.trader.loop import TradingLoop
from core.trading.trader.market import Market

ETH = "PF_ETHUSD"
HOURS = 12  # candles of one


class Failing(Noting):
    """Its account log is `down`, its positions are `hidden` so often, it `refuses` exits and
    `strips` entries of their stops.
    """

    def __init__(self, engine: Any, records: Any) -> None:
        super().__init__(engine, records)
        self.down, self.hidden, self.refuses = False, 0, False
        self.down_after_entry = self.hidden_after_entry = False
        self.newest_ms: int | None = None
        self.strips = False

    def place(self, order: Any) -> Any:
        if self.refuses and order.reduce_only:
            raise OrderRejected("marketSuspended")
        status = super().place(order)
        if not order.reduce_only:
            self.down |= self.down_after_entry
            self.hidden += 2 * self.hidden_after_entry
            if self.strips:
                self.cancel(order.client_id + "-stop")
        return status

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        if self.down:
            raise ExchangeUnavailable("the history is away")
        return super().ledger(since_id, since_ms)

    def positions(self) -> list[Any]:
        if self.hidden:
            self.hidden -= 1
            return []
        return super().positions()

    def candles(self, symbol: str, since_ms: int, limit: int) -> Any:
        found = super().candles(symbol, since_ms, limit)
        return (
            found if self.newest_ms is None else found[found.time_ms <= self.newest_ms]
        )


def made(**config: Any) -> tuple[Session, Any]:
    """Return a session that decides to hold ETH, with stops out of reach, and its exchange."""
    far = {"stop_multiple": Decimal(60), "take_multiple": Decimal(60)}
    one = session(TraderConfig(lookback=120, **{**far, **config}), Failing)
    decide(one, lambda symbol, _: ("long" if symbol == ETH else "none", 0.9))
    return one, one.exchange


def held(one: Session) -> Decimal:
    holding = one.engine.books.holdings.get(ETH)
    return holding.size if holding else Decimal(0)


def stops(one: Session) -> list[str]:
    return [o.client_id for o in one.engine.venue.live.values() if o.kind == "stp"]


def only_watch(one: Session) -> None:
    decide(one, lambda *_: ("none", 0.0))


def test_exits_go_on_while_the_account_log_is_away() -> None:
    one, exchange = made(max_hold_ms=6 * CANDLE_MS)
    tick(one)
    only_watch(one)
    exchange.down = True
    tick(one, 7)
    assert not held(one)
    assert stops(one)  # what we cannot be sure of is left as it is
    assert one.store.rows("trades", 0)[0]["closed_ms"] is None
    exchange.down = False
    tick(one)
    (row,) = one.store.rows("trades", 0)
    fees = sum(r.fee_usd for r in one.engine.books.ledger if r.symbol == ETH)
    assert (row["exit_reason"], row["fees_usd"]) == ("time", fees)
    assert not stops(one)


def test_nothing_is_entered_while_the_account_log_is_away() -> None:
    one, exchange = made()
    exchange.down = True
    tick(one, 3)
    assert entries(one) == []
    exchange.down = False
    tick(one)
    assert entries(one)


def test_positions_that_are_read_late_cost_no_stop() -> None:
    one, exchange = made()
    exchange.hidden_after_entry = True
    tick(one)
    assert held(one)
    assert stops(one)
    before = stops(one)
    exchange.hidden = 1
    one.loop.guard(one.stepper.now_ms + 15_000)
    assert stops(one) == before
    assert not exchange.hidden


def test_a_position_that_is_not_shown_yet_is_protected() -> None:
    """Its stop was refused, and taking it back failed: it stands, and one reading hides it."""
    one, exchange = made()
    exchange.hidden_after_entry = exchange.strips = True
    tick(one)
    assert held(one)
    assert stops(one)


def test_what_is_read_late_counts_to_the_open_risk() -> None:
    def risked(late: bool) -> list[Any]:
        wide = dict.fromkeys(
            ("clip_usd", "twap_usd", "max_notional_usd"), Decimal(10**6)
        )
        one, exchange = made(
            ceiling_frac=Decimal("0.012"), pool_frac=Decimal(100), **wide
        )
        exchange.hidden_after_entry = late
        decide(one, lambda *_: ("long", 1.0))
        tick(one)
        return [(o.symbol, o.size) for o in entries(one)]

    assert risked(late=True) == risked(late=False)


def test_nothing_is_decided_on_candles_of_hours_ago() -> None:
    one, exchange = made()
    loop = one.loop
    one.loop = TradingLoop(
        loop.modules, exchange, one.store, loop.tell, one.setup.config, no_wait,
        market_of=Market,
    )  # fmt: skip
    one.loop.open(one.stepper.now_ms)
    only_watch(one)
    tick(one)
    exchange.newest_ms = one.loop.market.candles[ETH].last_ms
    tick(one)
    decide(one, lambda symbol, _: ("long", 0.9))
    tick(one, 5 * HOURS)
    assert entries(one) == []
    told = [detail for kind, detail in one.told if kind == "trouble"]
    assert len(told) == 5 * HOURS + 1
    assert told[-1]["part"] == "candles"
    assert told[-1]["error"].startswith(
        "the candle that has closed is not told yet: PF_"
    )
    exchange.newest_ms = None
    tick(one)
    assert entries(one)


def test_a_candle_that_is_told_a_moment_late_is_waited_for() -> None:
    one, exchange = made()
    loop, waited = one.loop, []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        exchange.newest_ms = None

    one.loop = TradingLoop(
        loop.modules, exchange, one.store, loop.tell, one.setup.config, sleep,
        market_of=Market,
    )  # fmt: skip
    one.loop.open(one.stepper.now_ms)
    exchange.newest_ms = one.loop.market.candles[ETH].last_ms
    tick(one)
    assert (waited, one.told) == ([1.0], [])
    assert entries(one)


def test_after_days_away_the_window_begins_anew() -> None:
    class Charts:
        asked: tuple[int, int] = (0, 0)

        def candles(self, symbol: str, since_ms: int, limit: int) -> Any:
            import pandas as pd

            self.asked = since_ms, limit
            times = [since_ms + i * CANDLE_MS for i in range(limit)]
            return pd.DataFrame({"time_ms": times, "close": 1.0})

    charts: Any = Charts()
    market, now_ms = Market(charts, 500), 5_000_000 * CANDLE_MS
    market._fetch("X", now_ms)
    now_ms += 3000 * CANDLE_MS
    market._fetch("X", now_ms)
    assert charts.asked == (now_ms - 500 * CANDLE_MS, 500)
    times = market.candles["X"]["time_ms"]
    assert (times.iloc[0], len(times)) == (now_ms - 500 * CANDLE_MS, 500)
    market._fetch("X", now_ms + CANDLE_MS)
    assert charts.asked == (now_ms, 1)


def test_an_entry_whose_fees_cannot_be_read_is_written_all_the_same() -> None:
    one, exchange = made(max_hold_ms=600 * CANDLE_MS)
    exchange.down_after_entry = True
    tick(one)
    (row,) = one.store.rows("trades", 0)
    (trade,) = one.loop.trades.values()
    assert row["trade_id"] == trade.trade_id
    exchange.down = False
    only_watch(one)
    restart(one)
    (after,) = one.loop.trades.values()
    assert (after.trade_id, after.score) == (trade.trade_id, 0.9)


@pytest.mark.parametrize("part", ["store", "history"])
def test_a_position_gets_its_stop_although_its_past_cannot_be_read(part: str) -> None:
    class Away:
        """A store that can be away."""

        def __init__(self, store: Any) -> None:
            self.store, self.away = store, False

        def insert(self, table: str, row: dict[str, Any]) -> None:
            if self.away:
                raise StoreUnavailable("away")
            self.store.insert(table, row)

        def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]:
            if self.away:
                raise StoreUnavailable("away")
            found: list[dict[str, Any]] = self.store.rows(table, since_ms)
            return found

        def close(self) -> None:
            """Nothing is open."""

    one, exchange = made()
    only_watch(one)
    clock = [0.0]
    away = Away(one.store)
    one.store = KeptStore(away, one.loop.tell, lambda: clock[0])  # type: ignore[assignment]
    restart(one)
    tick(one)
    away.away = part == "store"
    one.engine.send(NewOrder(ETH, "buy", "mkt", Decimal("0.5"), "mine-1"))
    if part == "history":
        tick(one, 1)
        one.loop.trades[ETH].begun = False
        exchange.down = True
    tick(one, 3)
    assert stops(one)
    away.away = exchange.down = False
    clock[0] += 60
    tick(one)
    (trade,) = one.loop.trades.values()
    assert trade.begun
    one.loop.exits.close(trade, one.stepper.now_ms)
    tick(one)
    (row,) = one.store.rows("trades", 0)
    rows = [r for r in one.engine.books.ledger if r.symbol == ETH]
    assert row["fees_usd"] == sum(r.fee_usd for r in rows)
    assert row["funding_usd"] == sum(r.funding_usd for r in rows)


def test_a_refused_exit_is_tried_again_wherever_the_price_is() -> None:
    one, exchange = made()
    tick(one)
    only_watch(one)
    exchange.refuses = True
    replace(one, "exit_decision", lambda *_: "stop")
    tick(one)
    replace(one, "exit_decision", lambda *_: "")
    exchange.refuses = False
    tick(one)
    assert not held(one)
    (row,) = one.store.rows("trades", 0)
    assert row["exit_reason"] == "stop"


def test_an_exit_is_tried_again_whose_position_was_not_shown() -> None:
    """It was told as failed: nobody looks after it any more but the loop."""
    one, exchange = made()
    tick(one)
    only_watch(one)
    exchange.hidden = 99
    replace(one, "exit_decision", lambda *_: "stop")
    tick(one)
    assert [kind for kind, _ in one.told].count("exit failed") == 1
    replace(one, "exit_decision", lambda *_: "")
    exchange.hidden = 0
    tick(one)
    assert not held(one)
    (row,) = one.store.rows("trades", 0)
    assert row["exit_reason"] == "stop"


def test_exits_go_on_after_any_number_of_refusals() -> None:
    one, _ = made(max_hold_ms=3 * CANDLE_MS)
    tick(one)
    only_watch(one)
    due_ms = one.loop.trades[ETH].opened_ms + 3 * CANDLE_MS
    one.loop.exits.leave_out(ETH, due_ms, ATTEMPTS)
    tick(one, 3)
    assert not held(one)
