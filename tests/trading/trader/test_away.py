"""Trades that end while no process is there, and a start that does not go well."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from in_process import (
    BacktestExchange,
    Doubtful,
    deal,
    decide,
    earned_usd,
    forget,
    idle,
    pass_candles,
    restart,
    session,
    size_of,
    tick,
    told_usd,
)

from core.errors import ExchangeUnavailable, OutcomeUnknown
from core.trading.backtest.market import HistoryMarket
from core.trading.backtest.run import Session
from core.trading.paper import PaperConfig
from core.trading.ports import TAKEN_BACK
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"
STOP = "pf-xbtusd-1736211900000-stop-7"


class Failing(BacktestExchange):
    """Does not tell fills in so many calls, but for the first so many."""

    fails = after = 0

    def fills(self, since_ms: int) -> list[Any]:
        if self.after:
            self.after -= 1
        elif self.fails:
            self.fails -= 1
            raise ExchangeUnavailable("503")
        return super().fills(since_ms)


class LateFills(Doubtful):
    """Tells no fill of `late_ms` or later."""

    late_ms: int | None = None

    def fills(self, since_ms: int) -> list[Any]:
        told, late_ms = super().fills(since_ms), self.late_ms
        return [fill for fill in told if late_ms is None or fill.time_ms < late_ms]


def made(**config: Any) -> tuple[Session, Any]:
    one = session(TraderConfig(lookback=120, **config), Failing)
    idle(one)
    tick(one, 2)
    return one, one.exchange


def buy(one: Session) -> None:
    """Let the next tick enter, and no other."""
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)


def stop_out(one: Session) -> None:
    """Let the stop be reached while nobody is there, and a candle pass."""
    pass_candles(one, 1)
    deal(one, XBT, "sell", size_of(one, XBT), STOP)
    pass_candles(one, 1)


def start_without(one: Session, after: int) -> None:
    """Let a process start whose fills are not told behind so many calls; once more where it
    does not come up so.
    """
    exchange: Any = one.exchange
    exchange.fails, exchange.after = 4, after
    try:
        restart(one)
    except ExchangeUnavailable:
        exchange.fails = 0
        restart(one)
    exchange.fails = exchange.after = 0


def trades(one: Session) -> list[dict[str, Any]]:
    return one.store.rows("trades", 0)


def test_a_trade_begun_in_the_tick_of_anothers_end_has_its_own_end() -> None:
    one, _ = made(max_hold_ms=600_000)
    buy(one)
    tick(one)
    buy(one)  # the tick in which the first ends by its time
    first, second = trades(one)
    assert first["closed_ms"] == second["opened_ms"]
    stop_out(one)
    restart(one)
    tick(one, 3)
    first, second = trades(one)
    assert second["exit_reason"] == "stop"
    assert first["closed_ms"] <= second["opened_ms"] < second["closed_ms"]
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


@pytest.mark.parametrize("after", range(8))
def test_a_trade_whose_end_a_start_cannot_read_is_closed_by_the_next_tick(
    after: int,
) -> None:
    one, _ = made()
    buy(one)
    tick(one)
    stop_out(one)
    start_without(one, after)
    tick(one, 3)
    (row,) = trades(one)
    assert row["exit_reason"] == "stop"
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


@pytest.mark.parametrize("after", range(8))
def test_a_round_trip_that_a_start_cannot_read_is_told_by_the_next_tick(
    after: int,
) -> None:
    one, _ = made()
    buy(one)
    forget(one, "trades", "orders", "fills", "ledger")
    stop_out(one)
    start_without(one, after)
    tick(one, 3)
    assert len(trades(one)) == 1
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


@pytest.mark.parametrize("hours", [0, 2])
def test_a_round_trip_that_a_start_died_before_telling_is_told_by_the_next(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    one, _ = made(stop_multiple=Decimal(60), take_multiple=Decimal(60))
    buy(one)
    forget(one, "trades", "orders", "fills", "ledger")
    pass_candles(one, 12 * hours)
    stop_out(one)

    def away(_: Any) -> None:
        raise ExchangeUnavailable("503")

    with monkeypatch.context() as patch:
        patch.setattr(HistoryMarket, "update_prices", away)
        with pytest.raises(ExchangeUnavailable):
            restart(one)
    restart(one)
    tick(one, 3)
    assert len(trades(one)) == 1
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


@pytest.mark.parametrize("late", [False, True])
def test_an_entry_of_unknown_fate_that_was_stopped_out_has_its_fees(late: bool) -> None:
    """The account log tells them before its fills are shown."""
    at_once = PaperConfig(rate_limited=False)
    one = session(TraderConfig(lookback=120), LateFills, paper=at_once)
    exchange: Any = one.exchange
    idle(one)
    tick(one, 2)
    exchange.doubts = True
    buy(one)
    exchange.doubts, entered_ms = False, one.stepper.now_ms
    pass_candles(one, 1)
    deal(one, XBT, "sell", size_of(one, XBT), STOP)
    exchange.late_ms = entered_ms if late else None
    one.loop.tick(one.stepper.now_ms)
    exchange.late_ms = None
    tick(one, 4)
    (row,) = trades(one)
    assert row["exit_reason"] == "stop"
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


def test_an_entry_of_unknown_fate_that_never_came_bars_no_other() -> None:
    one, exchange = made()
    place, order = exchange.place, exchange.order

    def lost(_: Any) -> None:
        raise OutcomeUnknown("cut")

    exchange.place = exchange.order = lost
    buy(one)
    exchange.place, exchange.order = place, order
    tick(one)
    assert not one.loop.halted
    buy(one)
    assert len(trades(one)) == 1


class Hiding(Doubtful):
    """Tells no fill from `since_ms` to `until_ms`, both UTC ms."""

    since_ms, until_ms = 0, 0

    def fills(self, since_ms: int) -> list[Any]:
        told = super().fills(since_ms)
        return [f for f in told if not self.since_ms <= f.time_ms <= self.until_ms]


def test_a_round_trip_waits_for_an_entry_of_unknown_fate_and_is_told() -> None:
    """Its fills are shown late, while those of another in its symbol are waited for."""
    far = {"stop_multiple": Decimal(60), "take_multiple": Decimal(60)}
    config = TraderConfig(lookback=120, **far)
    one = session(config, Hiding, paper=PaperConfig(rate_limited=False))
    exchange: Any = one.exchange
    idle(one)
    tick(one, 3)
    pass_candles(one, 1)
    exchange.since_ms = one.stepper.now_ms
    entry = f"pf-xbtusd-{one.stepper.now_ms}-entry-0"
    deal(one, XBT, "buy", Decimal("0.05"), entry)
    pass_candles(one, 1)
    deal(one, XBT, "sell", Decimal("0.05"), f"{entry}-stop")
    exchange.until_ms = one.stepper.now_ms
    pass_candles(one, 1)
    restart(one)
    tick(one)
    exchange.doubts = True
    buy(one)
    exchange.doubts, exchange.until_ms = False, 0
    tick(one, 4)
    deal(one, XBT, "sell", size_of(one, XBT), "web-5")
    tick(one, 6)
    assert len(trades(one)) == 2
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


class TakenBack(LateFills):
    """While it `doubts`, it carries out an entry, takes it back, and answers nobody."""

    def place(self, order: Any) -> Any:
        if not self.doubts or order.reduce_only:
            return super().place(order)
        self.doubts = False
        alone = replace(order, protect_price=None)
        name = f"{order.client_id}-undo"
        undo = replace(alone, client_id=name, side="sell", reduce_only=True)
        super().place(alone)
        super().place(replace(undo, kind="market", limit_price=None))
        self.doubts, self.back = True, order.client_id
        raise OutcomeUnknown("no answer")

    def order(self, client_id: str) -> Any:
        status = super().order(client_id)
        if client_id != getattr(self, "back", ""):
            return status
        why = f"its stop was refused, and {status.filled} of it was {TAKEN_BACK}"
        return replace(status, filled=Decimal(0), status="rejected", reason=why)


def test_an_entry_that_was_taken_back_unheard_has_its_fees() -> None:
    """It is told of before its fills are shown, and the account log tells its fees."""
    config = TraderConfig(lookback=120, clip_usd=Decimal(10**6))
    one = session(config, TakenBack, paper=PaperConfig(rate_limited=False))
    exchange: Any = one.exchange
    idle(one)
    tick(one, 2)
    pass_candles(one, 1)
    exchange.doubts, exchange.late_ms = True, one.stepper.now_ms
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    one.loop.tick(one.stepper.now_ms)
    idle(one)
    exchange.doubts = False
    tick(one)
    exchange.late_ms = None
    tick(one, 5)
    (row,) = trades(one)
    assert row["exit_reason"] == TAKEN_BACK
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")
