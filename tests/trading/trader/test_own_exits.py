"""Stop and take by the loop itself, where no trigger rests at the exchange to do it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from in_process import Noting, candles, decide, idle, session, size_of, tick

from core.errors import ExchangeUnavailable
from core.trading.backtest.run import Session
from core.trading.candles import Candles
from core.trading.trader.config import CANDLE_MS, TraderConfig

XBT, WARMUP = "PF_XBTUSD", 300
CONFIG = TraderConfig(
    lookback=120,
    trail_frac=Decimal(0),
    max_stop_failures=10**6,
    clip_usd=Decimal(10**6),
)


class NoTriggers(Noting):
    """The exchange takes no stop and no take, and has lost the one of the entry."""

    def place(self, order: Any) -> Any:
        if order.kind in ("stop", "take_profit"):
            raise ExchangeUnavailable("503")
        done = super().place(order)
        for resting in list(self.engine.venue.live.values()):
            self.engine.cancel(resting)
        return done


def moving(step_frac: float) -> dict[str, Candles]:
    """A market that goes one way from its third candle on, by a fraction a candle."""
    c = candles(3, 360)[XBT]
    begin = WARMUP + 2
    path = c.close[begin - 1] * (1 + step_frac) ** np.arange(1, len(c) - begin + 1)
    close = np.concatenate((c.close[:begin], np.round(path)))
    opened = np.concatenate((c.open[:begin], close[begin - 1 : -1]))
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    high[:begin], low[:begin] = c.high[:begin], c.low[:begin]
    return {XBT: replace(c, open=opened, high=high, low=low, close=close)}


def held_until_it_ended(step_frac: float, side: str) -> tuple[Session, Any]:
    """Enter once and tick until the trade is over; return it as it was."""
    one = session(CONFIG, NoTriggers, history=moving(step_frac))
    decide(one, lambda *_: (side, 1.0))
    tick(one)
    trade = one.loop.trades[XBT]
    decide(one, lambda *_: ("none", 0.0))
    levels, long = trade.levels, side == "long"
    while XBT in one.loop.trades:
        tick(one)
        assert not one.engine.venue.live
        mark = one.engine.market.price[XBT]
        lower, upper = sorted((levels.stop_price, levels.take_price))
        # At the very tick that sees the level passed, and not before.
        assert (XBT in one.loop.trades) == (lower < mark < upper)
    assert long == (levels.stop_price < levels.take_price)
    return one, trade


@pytest.mark.parametrize(
    ("side", "step_frac", "reason"),
    [
        ("long", -0.004, "stop"),
        ("short", 0.004, "stop"),
        ("long", 0.004, "take"),
        ("short", -0.004, "take"),
    ],
)
def test_a_level_that_is_passed_ends_the_trade_without_any_trigger(
    side: str, step_frac: float, reason: str
) -> None:
    one, trade = held_until_it_ended(step_frac, side)
    (row,) = one.store.rows("trades", 0)
    assert (row["trade_id"], row["exit_reason"]) == (trade.trade_id, reason)
    assert (row["realised_usd"] > 0) == (reason == "take")
    assert not one.engine.books.holdings[XBT].size
    orders = [fill.order.client_id or "" for fill in one.engine.books.fills]
    assert [name.split("-")[-2] for name in orders] == ["entry", "exit"]
    assert "protection failed" in {kind for kind, _ in one.told}


def test_what_is_less_than_an_order_can_be_is_told_once() -> None:
    """The exchange made its step coarser while the position was open."""
    one = session(replace(CONFIG, max_hold_ms=2 * CANDLE_MS))
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    step = Decimal("0.01")
    listed = one.loop.market.instruments
    listed[XBT] = replace(listed[XBT], size_step=step)
    tick(one, 5)
    assert 0 < size_of(one, XBT) < step
    ends = [kind for kind, _ in one.told if kind.startswith("exit")]
    assert ends == ["exit left dust"]
