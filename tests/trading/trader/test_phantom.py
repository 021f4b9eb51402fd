"""No phantom compounding: a loss that nobody saw happen is in the size of the next trade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from trader_rig import CENT, Rig

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
