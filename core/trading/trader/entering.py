"""What goes in at a tick: slices of entries that have come due, then new entries.

What breaks off on the way leaves nothing without its stop until the next tick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from core.trading.trader.books import Books
from core.trading.trader.building import Building
from core.trading.trader.entries import Entries
from core.trading.trader.plans import Plans
from core.trading.trader.trades import OpenTrade


@dataclass
class Entering:
    """`trades` are the open ones by symbol; `protect` lets stops and takes rest as they
    should, `safely` runs a part and tells of its error.
    """

    trades: dict[str, OpenTrade]
    books: Books
    entries: Entries
    building: Building
    plans: Plans
    safely: Callable[[str, Callable[[], Any]], Any]
    protect: Callable[[int], Any]

    def run(self, now_ms: int, equity_usd: Decimal) -> None:
        """Send what may go in now, and look after what it left."""
        self.building.followed = len(self.books.sent)
        self.safely("entries", partial(self._enter, now_ms, equity_usd))
        if len(self.books.sent) > self.building.followed:
            # An exchange that lost an entry may have lost the stops of others with it, also
            # of one that went well just before; and what broke off between an entry and
            # its stop has not fitted the stop.
            self.safely("fetch", self.books.look)
            self.safely("protection", partial(self.protect, now_ms))

    def _enter(self, now_ms: int, equity_usd: Decimal) -> None:
        for trade in list(self.trades.values()):
            plan = trade.plan
            if self.entries.go_on(trade, now_ms, equity_usd, self.trades):
                self.building.built(trade, now_ms)
            elif plan is not trade.plan:
                self.safely("store", partial(self.plans.keep, trade))
        self.entries.run(now_ms, equity_usd, self.trades)
