"""Round trips of ours that no process lived to tell: entered, and flat again, without a trade.

One dies between an entry and its row, and before the next is there the stop was reached, or
the gateway took the entry back. Its fills and fees are in the tables; without a row of its
own the trades would tell of more money than is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Store
from core.trading.trader.books import Books
from core.trading.trader.journal import Journal
from core.trading.trader.leftovers import accrued
from core.trading.trader.trades import OpenTrade
from core.trading.trader.trips import stem

ZERO = Decimal(0)
# A slice may come so long after the decision that its trade is named by.
BACK_MS = 86_400_000
REASON = "closed while away"


@dataclass
class Rounds:
    """Looks for them at the start, and again when fills of before it are shown late.

    `since_ms` is from when on something may have been missed, None if nothing. `waiting` says
    that it has not come to an end: the account log does not tell yet what they have cost, a
    symbol's fills are waited for, or something failed.
    """

    modules: Registry
    store: Store
    books: Books
    journal: Journal
    since_ms: int | None = None
    waiting: bool = False

    def tell(self) -> None:
        """Write each as a trade that has ended."""
        # Until all are told: what fails here is tried again at the next tick.
        self.waiting = self.since_ms is not None
        if self.since_ms is None or self.books.late_log:
            return
        skipped = False
        rows = self._rows(self.since_ms)
        sizes = {s: p.size for s, p in self.books.positions.items()}
        for fills in rounds(self.books.fills_since(self.since_ms), sizes):
            if self.journal.untold.waits(fills[0].symbol):
                skipped = True
                continue
            if self._is_ours(fills) and not self._is_told(fills[0], fills[-1], rows):
                self._tell(fills, rows)
                rows = self._rows(self.since_ms)
        self.waiting = skipped

    def _rows(self, since_ms: int) -> list[dict[str, Any]]:
        return self.store.rows("trades", max(0, since_ms - BACK_MS))

    def _is_ours(self, fills: Sequence[Any]) -> bool:
        """Tell whether only entries of ours made it larger, and none of them smaller."""
        return self.books.began_with(fills[-1]) and all(
            (fill.side == fills[0].side) == (self._purpose(fill) == "entry")
            for fill in fills
        )

    def _purpose(self, fill: Any) -> str:
        purpose: str = self.modules["order_purpose"](fill.client_id)
        return purpose

    def _is_told(
        self, first: Any, last: Any, rows: Iterable[Mapping[str, Any]]
    ) -> bool:
        """Tell whether a trade is named as its entry is, begins with its first fill, or was
        there at its last: one that was adopted and whose first fill was not found.
        """
        name = self.modules["client_order_id"]
        return any(
            row["opened_ms"] == first.time_ms
            or (_was_open(row, last.time_ms) and not _made_way(row, first.time_ms))
            or stem(name(row["symbol"], row["opened_ms"], "entry", 0))
            == stem(first.client_id)
            for row in rows
            if row["symbol"] == first.symbol
        )

    def _tell(self, fills: Sequence[Any], rows: list[Any]) -> None:
        first, last = fills[0], fills[-1]
        into = [fill for fill in fills if fill.side == first.side]
        size = sum((fill.size for fill in into), ZERO)
        price = sum((fill.size * fill.price for fill in into), ZERO) / size
        row = {"symbol": first.symbol, "opened_ms": first.time_ms}
        sums = dict.fromkeys(("realised_usd", "fees_usd", "funding_usd"), ZERO)
        # Where another ended in this very moment, its entries are taken off again.
        entries = self.books.entries_since(max(0, first.time_ms - BACK_MS))
        until = [entry for entry in entries if entry.time_ms <= last.time_ms]
        cost = accrued({**row, **sums}, rows, until)
        base = self.books.totals_of(first.symbol)
        trade = OpenTrade(
            f"{first.symbol}-{first.time_ms}-away", first.symbol,
            "long" if first.side == "buy" else "short", size, price, None, first.time_ms,
            0.0, base.realised_usd - cost.realised_usd, base.fees_usd - cost.fees_usd,
            base.funding_usd - cost.funding_usd,
        )  # fmt: skip
        for fill in fills:
            self.journal.count_exit(trade, fill)
        self.journal.close(trade, trade.ending or REASON, last.time_ms)


def rounds(fills: Sequence[Any], sizes: Mapping[str, Decimal]) -> list[list[Any]]:
    """Return the fills of each round trip, flat to flat, oldest first.

    `fills` of all symbols, oldest first; `sizes` are the positions after them, by symbol,
    negative when short. One that began before the first fill is left out, and one that a
    fill turned from long to short as well.
    """
    after = dict(sizes)
    found: list[list[Any]] = []
    current: dict[str, list[Any]] = {}
    for fill in reversed(fills):
        symbol = fill.symbol
        size = after.get(symbol, ZERO)
        if not size:
            current[symbol] = []
        before = size - (fill.size if fill.side == "buy" else -fill.size)
        after[symbol] = before
        if symbol in current:
            current[symbol].insert(0, fill)
        if before * size < 0:
            current.pop(symbol, None)
        if not before and symbol in current:
            found.insert(0, current.pop(symbol))
    return found


def _made_way(row: Mapping[str, Any], time_ms: int) -> bool:
    """Tell whether a trade ended in the moment in which another began."""
    return bool(row["opened_ms"] < time_ms == row["closed_ms"])


def _was_open(row: Mapping[str, Any], time_ms: int) -> bool:
    opened_ms, closed_ms = row["opened_ms"], row["closed_ms"]
    return bool(opened_ms <= time_ms and (closed_ms is None or closed_ms >= time_ms))
