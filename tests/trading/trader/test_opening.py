"""What a start reads of an exchange whose services are not of one moment."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from in_process import (
    BacktestExchange,
    deal,
    decide,
    idle,
    restart,
    session,
    size_of,
    tick,
)

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig
from core.trading.trader.opening import opening

XBT = "PF_XBTUSD"


class LatePositions(BacktestExchange):
    """Shows no position in so many readings, or a balance in whole cents."""

    late = 0
    cents = False

    def positions(self) -> list[Any]:
        if self.late:
            self.late -= 1
            return []
        return super().positions()

    def account(self) -> Any:
        told = super().account()
        if self.cents:
            told = replace(told, balance_usd=round(told.balance_usd, 2))
        return told


def made() -> tuple[Session, Any]:
    """Return a session with a trade, and its exchange."""
    far = {"stop_multiple": Decimal(30), "take_multiple": Decimal(30)}
    one = session(TraderConfig(lookback=120, **far), LatePositions)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    tick(one, 2)
    assert set(one.loop.trades) == {XBT}
    return one, one.exchange


def resting(one: Session) -> list[tuple[str, Decimal]]:
    return sorted((o.kind, o.size) for o in one.exchange.open_orders())


@pytest.mark.parametrize("late", [1, 2, 3])
def test_a_position_that_is_shown_late_keeps_its_trade_stop_and_take(late: int) -> None:
    one, exchange = made()
    before = resting(one)
    assert len(before) == 2
    exchange.late = late
    restart(one)
    assert exchange.late == 0
    tick(one, 2)
    assert set(one.loop.trades) == {XBT}
    assert (resting(one), one.loop.halted) == (before, "")
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"] is None
    told = {kind for kind, _ in one.told}
    assert not told & {"drift", "orphan cancelled", "unprotected"}


def test_orders_of_a_position_that_is_over_hold_no_start_up() -> None:
    one, _ = made()
    deal(one, XBT, "sell", size_of(one, XBT))
    assert len(resting(one)) == 2
    restart(one)
    assert (resting(one), one.loop.trades) == ([], {})
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]


def test_a_balance_in_whole_cents_is_told_by_the_log_all_the_same() -> None:
    one, exchange = made()
    now_ms = one.stepper.now_ms
    exact = opening(exchange, lambda _: None, now_ms)
    exchange.cents = True
    rounded = opening(exchange, lambda _: None, now_ms)
    assert exact.balance_usd != rounded.balance_usd
    assert (exact.is_told, rounded.is_told) == (True, True)
