"""From when to when a trade goes: what it has cost follows from that.

A trade that is made of a position begins with the fill that opened it, and one that ended
while nobody was watching ends with the fill that ended it. The account log does not say
which trade an entry belongs to, so its sums are those of its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.trading.ports import Store
from core.trading.trader.books import Books
from core.trading.trader.config import CANDLE_MS
from core.trading.trader.journal import Journal
from core.trading.trader.leftovers import accrued
from core.trading.trader.levels import ADOPTED
from core.trading.trader.trades import OpenTrade
from core.trading.trader.trips import Trip, began_ms, stem, trip_of

# No trade of ours is held longer; an older position of somebody else begins as it is found.
BACK_MS = 86_400_000
# So long the first fill is looked for: it may be shown late, or be older than is looked.
LATEST_MS = 12 * CANDLE_MS
ZERO = Decimal(0)


@dataclass
class Spans:
    """Finds where trades begin and end among the fills, and sets their sums by that.

    `turned` are trades, oldest first, that somebody turned and that are not closed in the
    books yet.
    """

    store: Store
    books: Books
    journal: Journal
    turned: list[OpenTrade] = field(default_factory=list)

    def begin(self, trade: OpenTrade, now_ms: int) -> None:
        """Let a trade that was made of a position begin where that did, ended or not, and not
        before the one that ended there is closed: its last fee may not be in the sums yet.
        """
        before = [t for t in self.turned if t.symbol == trade.symbol]
        if before and before[0] is not trade:
            return
        position, fills = self.books.positions.get(trade.symbol), self._fills(trade)
        opened_ms: int | None
        if trade.is_of(position) and not trade.ended_ms:
            opened_ms = began_ms(position, fills)
            if opened_ms is not None and self._is_of_another(trade, opened_ms):
                opened_ms = None  # its own first fill is not shown yet
        else:
            trip = self._trip(trade, fills)
            opened_ms = trip.began_ms if trip is not None else None
        if opened_ms is None:
            trade.begun = now_ms - trade.opened_ms >= LATEST_MS
            return
        self._open_at(trade, opened_ms)
        self.journal.write(trade)

    def settle(self, trade: OpenTrade, now_ms: int) -> None:
        """Close a trade that ended while nobody was watching, with what it has cost."""
        fills = self._fills(trade)
        trip = self._trip(trade, fills)
        if not trade.begun:
            # Found while the account log was late: it is summed up with what that told since.
            self._open_at(trade, trade.opened_ms)
        if trip is not None:
            # One that was adopted in haste began before it was found.
            if trip.began_ms < trade.opened_ms:
                self._open_at(trade, trip.began_ms)
            newest = next(f for f in reversed(fills) if f.symbol == trade.symbol)
            # Also of what was turned and not traded since: it pays funding.
            is_held = trade.symbol in self.books.positions
            if is_held or newest is not trip.fills[-1]:
                self._leave_out_later(trade, trip.ended_ms)
        self.journal.settle(trade, trip, now_ms)

    def end_turned(self, trade: OpenTrade) -> None:
        """Leave to others what came after the end of a trade that somebody turned."""
        trip = self._trip(trade, self._fills(trade))
        self._leave_out_later(trade, trip.ended_ms if trip else trade.ended_ms)
        self.turned.remove(trade)

    def fills_of(self, trade: OpenTrade) -> list[Any]:
        """Return the fills of a trade's symbol, oldest first: from that of its own entry on,
        else from when it was opened.
        """
        entry = self._entry_of(trade)
        fills = [fill for fill in self._fills(trade) if fill.symbol == trade.symbol]
        for index, fill in enumerate(fills):
            if entry and stem(fill.client_id) == entry:
                return fills[index:]
        return [fill for fill in fills if fill.time_ms >= trade.opened_ms]

    def _is_of_another(self, trade: OpenTrade, began_ms: int) -> bool:
        """Tell whether a trade began only later: behind another of its symbol, for there is
        one at once, and near to its own entry where it is named by that. An end may be noted
        a while after it.
        """
        rows = self.store.rows("trades", max(0, trade.opened_ms - BACK_MS))
        ended = [row["closed_ms"] for row in rows if row["symbol"] == trade.symbol]
        later_ms = began_ms + LATEST_MS
        if any(closed_ms and closed_ms > later_ms for closed_ms in ended):
            return True
        is_named = not trade.trade_id.endswith(ADOPTED)
        return is_named and trade.opened_ms > later_ms

    def _fills(self, trade: OpenTrade) -> list[Any]:
        return self.books.fills_since(max(0, trade.opened_ms - BACK_MS))

    def _trip(self, trade: OpenTrade, fills: list[Any]) -> Trip | None:
        position = self.books.positions.get(trade.symbol)
        size = position.size if position is not None else ZERO
        return trip_of(trade, fills, size, self._entry_of(trade))

    def _entry_of(self, trade: OpenTrade) -> str:
        """Return what the client ids of a trade's own entry have in common, empty where it is
        not named by its decision.
        """
        decided = trade.trade_id.removeprefix(f"{trade.symbol}-")
        if not decided.isdecimal():
            return ""
        name = self.books.modules["client_order_id"]
        return stem(name(trade.symbol, int(decided), "entry", 0))

    def _open_at(self, trade: OpenTrade, opened_ms: int) -> None:
        """Let a trade begin at a time, and its sums with what the account log holds since."""
        since_ms = max(0, trade.opened_ms - BACK_MS)
        row = {
            "symbol": trade.symbol,
            "opened_ms": opened_ms,
            "realised_usd": ZERO,
            "fees_usd": ZERO,
            "funding_usd": ZERO,
        }
        entries = self.books.entries_since(since_ms)
        cost = accrued(row, self.store.rows("trades", since_ms), entries)
        sums = self.books.totals_of(trade.symbol)
        trade.opened_ms, trade.begun = opened_ms, True
        trade.base_realised_usd = sums.realised_usd - cost.realised_usd
        trade.base_fees_usd = sums.fees_usd - cost.fees_usd
        trade.base_funding_usd = sums.funding_usd - cost.funding_usd

    def _leave_out_later(self, trade: OpenTrade, ended_ms: int) -> None:
        """Take what came after its end off the sums of a trade: it is another's."""
        for entry in self.books.entries_since(ended_ms + 1):
            if entry.symbol == trade.symbol:
                trade.base_realised_usd += entry.realised_usd
                trade.base_fees_usd += entry.fee_usd
                trade.base_funding_usd += entry.funding_usd
