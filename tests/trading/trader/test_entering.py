"""What is entered at one tick, one after the other: none leaves another without its stop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import Noting, decide, replace, session, size_of, tick

from core.errors import OutcomeUnknown
from core.trading.trader.config import TraderConfig

ETH, XBT = "PF_ETHUSD", "PF_XBTUSD"


class LosesOrders(Noting):
    """It restarts at an entry of `lost`, and comes back without any order."""

    lost = ""

    def place(self, order: Any) -> Any:
        if order.symbol == self.lost and not order.reduce_only:
            for resting in list(self.engine.venue.live.values()):
                self.engine.cancel(resting)
            raise OutcomeUnknown("the exchange restarted")
        return super().place(order)


@pytest.mark.parametrize("what", ["entry", "slice"])
def test_a_stop_that_was_lost_with_a_later_entry_rests_again_in_the_same_tick(
    what: str,
) -> None:
    """What went well before it in the tick says nothing of the exchange after it."""
    spread = {"twap_usd": Decimal(1000), "clip_usd": Decimal(1500)}
    more = spread if what == "slice" else {}
    one = session(TraderConfig(lookback=120, **more), LosesOrders)
    exchange: Any = one.exchange
    decide(one, lambda *_: ("long", 1.0))
    replace(one, "market_scanner", lambda *_: [XBT, ETH])
    if what == "slice":
        tick(one)
        assert list(one.loop.trades) == [XBT, ETH]
    before = size_of(one, XBT)
    exchange.lost = ETH
    tick(one)
    assert size_of(one, XBT) > before
    assert [o.symbol for o, _ in one.loop.execution.unknown.values()] == [ETH]
    stops = {o.symbol: o for o in one.exchange.open_orders() if o.kind == "stop"}
    assert stops.keys() == one.loop.trades.keys()
    assert stops[XBT].size == size_of(one, XBT)
    assert stops[XBT].stop_price == one.loop.trades[XBT].levels.stop_price
