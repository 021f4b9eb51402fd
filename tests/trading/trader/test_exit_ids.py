"""One id, one order: what ends a trade is not taken for what ended another of the same candle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from in_process import Noting, decide, idle, restart, session, size_of, tick
from in_process import replace as swap

from core.errors import OrderRejected
from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig
from core.trading.trader.entry_config import EntryConfig

XBT = "PF_XBTUSD"


class TakesNoStops(Noting):
    """While it `refuses`, entries stand without their stops, and none is taken."""

    refuses = False

    def place(self, order: Any) -> Any:
        if not self.refuses:
            return super().place(order)
        if order.kind in ("stop", "take_profit"):
            raise OrderRejected("tooManyOrders")
        return super().place(replace(order, protect_price=None))


def in_trade() -> tuple[Session, Any]:
    """Return a session whose trade ends at its next tick, and its exchange."""
    entry = EntryConfig(cluster_at_most=9)
    one = session(TraderConfig(lookback=120, entry=entry), TakesNoStops)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    decision = one.loop.modules["exit_decision"]
    opened_ms = one.loop.trades[XBT].opened_ms

    def due(*args: Any) -> str:
        return "time" if args[3] == opened_ms else decision(*args)

    swap(one, "exit_decision", due)
    return one, one.exchange


def reasons(one: Session) -> list[str]:
    """Return why the trades have ended, oldest first, two candles later."""
    idle(one)
    tick(one, 2)
    return [row["exit_reason"] for row in one.store.rows("trades", 0)]


def test_a_second_trade_of_a_candle_is_ended_by_an_exit_of_its_own() -> None:
    one, exchange = in_trade()
    first = one.loop.trades[XBT]
    exchange.refuses = True
    tick(one)
    assert one.loop.trades[XBT] is not first, "another was entered at once"
    assert size_of(one, XBT) == 0
    assert reasons(one) == ["time", "unprotected"]


@pytest.mark.parametrize("look", ["start", "guard"])
def test_a_new_process_takes_no_exit_of_the_one_before_for_its_own(look: str) -> None:
    """In simulated time it may begin at the very moment of the last tick."""
    one, exchange = in_trade()
    first = one.loop.trades[XBT]
    tick(one)
    second = one.loop.trades[XBT]
    assert second is not first
    if look == "guard":
        restart(one)
    exchange.refuses = True
    for resting in list(one.engine.venue.live.values()):
        one.engine.cancel(resting)
    if look == "guard":
        one.loop.guard(one.stepper.now_ms)
    else:
        restart(one)
    assert one.loop.trades[XBT].trade_id == second.trade_id
    assert size_of(one, XBT) == 0
    assert reasons(one) == ["time", "unprotected"]
