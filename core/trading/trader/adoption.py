"""Positions without a trade: each is given one, so that its exit is watched.

A process that dies between an entry and its row leaves a position that nobody knows; a
person may open one past us; a trade of the process before goes on. The trade that is made of
an unknown one begins with its first fill, and its sums with what the account log holds of
it, the fee of its entry above all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from core.errors import StoreError
from core.trading.ports import Store
from core.trading.trader.books import Books
from core.trading.trader.exits import Exits
from core.trading.trader.journal import Journal
from core.trading.trader.leftovers import left_open
from core.trading.trader.levels import ADOPTED, Levels
from core.trading.trader.plans import Plans
from core.trading.trader.protection import Protection
from core.trading.trader.spans import LATEST_MS, Spans
from core.trading.trader.trades import MOST_UNTOLD_TICKS, OpenTrade
from core.trading.trader.trips import signed

# Ids of one candle begin behind this where nobody knows which are used up.
MORE_THAN_USED = 1000
ZERO = Decimal(0)


@dataclass
class Adoption:
    """`trades` are the open ones, `left` those of the process before that are not taken up
    yet, both by symbol, `others` the second of a symbol, which are over. `is_told` says whether
    the account log has told all that our fills have: where it is behind them, what a trade has
    cost so far is not known. `safely` runs a part and tells of its error.
    """

    store: Store
    books: Books
    levels: Levels
    protection: Protection
    exits: Exits
    plans: Plans
    journal: Journal
    spans: Spans
    is_told: Callable[[], bool]
    tell: Callable[..., None]
    safely: Callable[[str, Callable[[], Any]], Any]
    trades: dict[str, OpenTrade]
    left: dict[str, OpenTrade]
    others: list[OpenTrade] = field(default_factory=list)

    def find_left(self, now_ms: int) -> None:
        """Look at what the process before left open: what is over meanwhile is closed, once
        the account log tells what it has cost.
        """
        told = not self.books.late_log
        left = left_open(self.store, self.books.entries_since)
        for trade in left:
            if self.exits.is_over(trade):
                self.safely("exits", partial(self._expect, trade))
        # Of two of a symbol the one that is held goes on, of two such ones the newer.
        for trade in sorted(left, key=lambda t: (self._is_over(t), -t.opened_ms)):
            trade.begun = told and not self._may_have_begun_earlier(trade, now_ms)
            if trade.symbol in self.left:
                self.others.append(trade)
            else:
                self.left[trade.symbol] = trade
        if told:
            # What fails here is tried again at each tick: it is among those left.
            for trade in self._over():
                self.safely("exits", partial(self._end_left, trade, now_ms))

    def _expect(self, trade: OpenTrade) -> None:
        fills = self.spans.fills_of(trade)
        position = replace(
            self.books.flat(trade.symbol),
            size=sum(map(signed, fills), ZERO),
            entry_price=trade.entry_price,
        )
        if position.size and trade.is_of(position):
            self.books.unread.expect(position, fills)

    def _may_have_begun_earlier(self, trade: OpenTrade, now_ms: int) -> bool:
        # The process before may have ended before it found where what it adopted began.
        is_new = now_ms - trade.opened_ms < LATEST_MS
        return is_new and trade.trade_id.endswith(ADOPTED)

    def end_left(self, now_ms: int) -> None:
        """Close what the process before left and what ended before it was taken up."""
        over = self._over()
        for trade in over:
            trade.untold_ticks += 1
        if not over or self.books.late_log:
            return
        told = self.safely("exits", self.is_told) is True
        for trade in over:
            if told or trade.untold_ticks > MOST_UNTOLD_TICKS:
                self.safely("exits", partial(self._end_left, trade, now_ms))

    def _is_over(self, trade: OpenTrade) -> bool:
        return self.exits.is_over(trade) and not self.books.unread.may_hold(trade)

    def _over(self) -> list[OpenTrade]:
        """Return the trades that were left and are over; of two of a symbol one is."""
        return [*self.others, *(t for t in self.left.values() if self._is_over(t))]

    def _end_left(self, trade: OpenTrade, now_ms: int) -> None:
        self.spans.settle(trade, now_ms)
        if trade in self.others:
            self.others.remove(trade)
        else:
            del self.left[trade.symbol]

    def has_strangers(self) -> bool:
        """Tell whether the exchange holds what has no trade, or not one of its side."""
        known = self.levels.market.instruments
        return any(
            symbol not in self.trades or not self.trades[symbol].is_of(position)
            for symbol, position in self.books.held.items()
            if symbol in known
        )

    def run(self, now_ms: int) -> bool:
        """Give every position a trade; False where one has none yet."""
        for symbol in self._strangers():
            self.safely("adoption", partial(self._take_up, symbol, now_ms))
        for trade in self.trades.values():
            if not (trade.begun or self.books.late_log):
                self.safely("adoption", partial(self._begin, trade, now_ms))
        return all(symbol in self.trades for symbol in self.books.positions)

    def _begin(self, trade: OpenTrade, now_ms: int) -> None:
        if self.is_told():
            self.spans.begin(trade, now_ms)

    def _strangers(self) -> list[str]:
        # Of what is not traded here neither its levels nor its steps are known.
        known = self.levels.market.instruments
        return [s for s in self.books.positions if s not in self.trades and s in known]

    def _take_up(self, symbol: str, now_ms: int) -> None:
        left, resting = self.left.get(symbol), self.protection.resting
        if left is not None and self.exits.is_over(left):
            left = None  # somebody turned it: that one is closed apart
        trade = self.levels.adopt(symbol, now_ms, resting, left)
        used = self._used_before(symbol, now_ms)
        trade.orders_sent += used
        self.exits.leave_out(symbol, now_ms, used)
        # What it has cost is read when it can be: its stop does not wait for that.
        trade.begun = left is not None and left.begun
        if left is not None:
            del self.left[symbol]
        self.trades[symbol] = trade
        self.plans.take_up(trade, self.books.positions[symbol])
        if trade.plan is None:
            self.safely("store", partial(self.plans.keep, trade))
        self.journal.write(trade)
        self.tell("adopted", trade_id=trade.trade_id, size=str(trade.size))

    def _used_before(self, symbol: str, now_ms: int) -> int:
        """Return how many ids of orders are used up at this candle: they tell of it, and the
        process before may have sent some.
        """
        try:
            rows = self.store.rows("orders", now_ms)
        except StoreError:
            return MORE_THAN_USED
        return sum(row["symbol"] == symbol for row in rows)
