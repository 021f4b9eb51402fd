"""The orders' rows tell what became of each, not only how it was answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from trader_rig import Rig

SOL = "PF_SOLUSD"


def rows(rig: Rig) -> dict[str, Any]:
    """Return the rows by what the order was for."""
    purpose = rig.modules["order_purpose"]
    return {purpose(row["client_id"]): row for row in rig.rows("orders")}


def held(rig: Rig) -> Any:
    """Return a loop with one short position whose stop and take rest."""
    rig.replace_module("market_scanner", "return []")
    rig.trade(SOL, "sell", "5", "mine-1")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    found = rows(rig)
    assert {found[name]["status"] for name in ("stop", "take")} == {"open"}
    return loop


def fill_stop(rig: Rig, loop: Any) -> Decimal:
    """Move the stop to where the next candles reach it; return its new price."""
    (stop,) = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    near = loop.market.mark(SOL) + Decimal("0.05")
    rig.exchange.edit(stop.client_id, None, None, near)
    trade = loop.trades[SOL]
    trade.move_stop(near)
    return near


def test_an_edit_an_end_and_a_cancel_are_in_the_rows(rig: Rig) -> None:
    loop = held(rig)
    near = fill_stop(rig, loop)
    loop.guard(rig.paper.state()["time_ms"])
    assert rows(rig)["stop"]["stop_price"] == near
    for _ in range(100):
        loop.tick(rig.paper.step())
        if not rig.exchange.positions():
            break
    loop.tick(rig.paper.step())
    found = rows(rig)
    stop, take = found["stop"], found["take"]
    assert (stop["status"], stop["filled"]) == ("filled", 5)
    fills = [f for f in rig.exchange.fills(0) if f.client_id == stop["client_id"]]
    paid = sum(f.size * f.price for f in fills)
    assert stop["average_price"] == paid / 5
    assert (take["status"], take["filled"]) == ("cancelled", 0)
    assert rig.exchange.open_orders() == []


@pytest.mark.parametrize("late", [False, True])
def test_what_ended_while_no_process_was_there_is_told_by_the_next(
    rig: Rig, late: bool
) -> None:
    fill_stop(rig, held(rig))
    for _ in range(100):
        rig.paper.step()
        if not rig.exchange.positions():
            break
    if late:
        rig.paper.fault("late_fills", "fills", times=8, candles=2)
    loop = rig.loop()
    for _ in range(4):
        loop.tick(rig.paper.step())
    found = rows(rig)
    assert (found["stop"]["status"], found["stop"]["filled"]) == ("filled", 5)
    assert found["take"]["status"] == "cancelled"


def test_a_stop_that_was_sent_with_its_entry_has_a_row(rig: Rig) -> None:
    loop = rig.loop()
    for _ in range(120):
        loop.tick(rig.paper.step())
        if loop.trades:
            break
    loop.tick(rig.paper.step())
    found = rows(rig)
    assert found["stop"]["status"] in ("open", "filled", "cancelled")
    assert found["stop"]["order_id"]
    assert "trouble" not in rig.kinds()
