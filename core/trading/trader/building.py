"""Trades as they are built: what an entry has filled is noted, and its stop and take fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.trading.trader.books import Books
from core.trading.trader.journal import Journal
from core.trading.trader.plans import Plans
from core.trading.trader.trades import OpenTrade


@dataclass
class Building:
    """`trades` are the open ones by symbol; `sync` books what is new, `protect` lets stops and
    takes rest as they should, `safely` runs a part and tells of its error. `followed` is
    how many orders had been sent when the last entry was followed to its end.
    """

    trades: dict[str, OpenTrade]
    books: Books
    journal: Journal
    plans: Plans
    tell: Callable[..., None]
    safely: Callable[[str, Callable[[], Any]], Any]
    sync: Callable[[], None]
    protect: Callable[[int], Any]
    followed: int = 0

    def opened(self, trade: OpenTrade) -> None:
        """Take up a trade that was just entered."""
        self.trades[trade.symbol] = trade
        try:
            self.built(trade, trade.opened_ms)
        finally:
            size = str(trade.size)
            self.tell("entry", trade_id=trade.trade_id, side=trade.side, size=size)

    def built(self, trade: OpenTrade, now_ms: int) -> None:
        """Take note of what an entry has filled, and fit its stop and take to it."""
        try:
            self.sync()
        finally:
            self._note(trade)
        self.protect(now_ms)
        self.followed = len(self.books.sent)

    def _note(self, trade: OpenTrade) -> None:
        position = self.books.positions.get(trade.symbol)
        if position is not None:
            trade.follow(position)
        if trade.plan is not None and trade.size >= trade.plan.size:
            trade.plan = None  # all of it is filled: no slice is left to be sent
        self.journal.write(trade)
        self.safely("store", partial(self.plans.keep, trade))
