"""No phantom compounding: a loss that nobody saw happen is in the size of the next trade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import (
    Noting,
    decide,
    entries,
    pass_candles,
    replace,
    restart,
    session,
    tick,
)
from trader_rig import CENT, Rig

from core.trading.backtest.run import Session
from core.trading.paper import NewOrder
from core.trading.trader.config import TraderConfig
from core.trading.trader.entry_config import EntryConfig

ETH = "PF_ETHUSD"


def sizing(loop: Any) -> list[Decimal]:
    """Return a list that gets the equity by which the loop sizes, tick by tick."""
    seen: list[Decimal] = []
    run = loop.entries.run

    def spy(now_ms: int, equity_usd: Decimal, trades: Any) -> None:
        seen.append(equity_usd)
        run(now_ms, equity_usd, trades)

    loop.entries.run = spy
    return seen


def lose(rig: Rig, usd: Decimal) -> None:
    """Close the position at a loss of at least so much, past every loop."""
    for _ in range(400):
        if Decimal(rig.paper.state()["floating_usd"]) < -usd:
            break
        rig.paper.step()
    held = Decimal(rig.paper.state()["positions"][0]["size"])
    rig.trade(ETH, "sell" if held > 0 else "buy", str(abs(held)), "gone-1")


@pytest.mark.parametrize("missed_by", ["a dead process", "late fills"])
def test_a_missed_losing_exit_is_in_the_next_trades_size(
    rig: Rig, missed_by: str
) -> None:
    loop = rig.loop()
    rig.replace_module("market_scanner", "return []")
    rig.trade(ETH, "buy", "2", "mine-1")
    loop.tick(rig.paper.step())
    before = Decimal(rig.paper.state()["equity_usd"])
    for order in rig.exchange.open_orders():
        rig.exchange.cancel(order.client_id)
    lose(rig, Decimal(40))
    if missed_by == "a dead process":
        loop = rig.loop()
    else:
        rig.paper.fault("late_fills", "fills", times=6, candles=2)
    seen = sizing(loop)
    for _ in range(8):
        loop.tick(rig.paper.step())
        truth = Decimal(rig.paper.state()["equity_usd"])
        assert truth < before - 30
        assert all(abs(equity - truth) < CENT for equity in seen)
    assert seen
    rig.assert_books_equal(loop)


XBT = "PF_XBTUSD"
# The size is the risk's alone: one order, and no other limit near it.
BY_RISK = TraderConfig(
    lookback=120,
    entry=EntryConfig(cluster_at_most=9),
    clip_usd=Decimal(10**6),
    twap_usd=Decimal(10**6),
    max_notional_usd=Decimal(10**6),
    ceiling_frac=Decimal(1),
    pool_frac=Decimal(100),
)


class Forgetful(Noting):
    """Shows only the first fill while `hides` is set, the one that opened the position."""

    hides = False

    def fills(self, since_ms: int) -> list[Any]:
        found = super().fills(since_ms)
        return found[:1] if self.hides else found


def lost_unseen(missed_by: str) -> tuple[Session, Decimal]:
    """Return a session whose position ended at a loss that it did not see, and its equity
    before.
    """
    one = session(BY_RISK, Forgetful)
    decide(one, lambda *_: ("none", 0.0))
    one.engine.send(NewOrder(ETH, "buy", "mkt", Decimal(3), "mine-1"))
    tick(one)
    before = one.engine.margin().equity
    one.exchange.hides = missed_by == "late fills"  # type: ignore[attr-defined]
    for resting in list(one.engine.venue.live.values()):
        one.engine.cancel(resting)
    while one.engine.margin().floating > -150:
        pass_candles(one, 1)
    one.engine.send(NewOrder(ETH, "sell", "mkt", Decimal(3), "gone-1"))
    if missed_by == "a dead process":
        restart(one)
    return one, before


@pytest.mark.parametrize("missed_by", ["a dead process", "late fills"])
def test_the_next_trade_is_as_large_as_what_is_left_allows(missed_by: str) -> None:
    """Its order, not only what is handed on; the money that is gone would make it larger."""
    one, before = lost_unseen(missed_by)
    truth = one.engine.margin().equity
    assert truth < before - 140
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    exchange: Any = one.exchange
    if exchange.hides:
        tick(one, 2)
        assert not entries(one)  # nothing goes in while nobody knows what happened
        exchange.hides = False
    accepted: Any = one.loop.modules["position_sizing"]
    asked: list[tuple[Any, ...]] = []

    def noted(*given: Any) -> Any:
        asked.append(given)
        return accepted(*given)

    replace(one, "position_sizing", noted)
    tick(one)
    (order,), (given,) = entries(one), asked
    assert order.size == accepted(truth, *given[1:]) > 0
    phantom = accepted(before, *given[1:])
    assert phantom > order.size + 10 * one.loop.market.instruments[XBT].size_step
