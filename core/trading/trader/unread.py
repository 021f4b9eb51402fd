"""Positions that a start was shown without their newest fills, or not at all.

The exchange's positions may be later than its fills, for longer than a start can wait. Were
such a reading taken for the truth, the stop of what is held would be cancelled as one that
protects nothing. What is known all the same: an entry whose stop rests holds what its fills
made, and a position that is shown later, and is larger by just its newest fills, was read
without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.trading.ports import STOP_SUFFIX
from core.trading.trader.trades import OpenTrade
from core.trading.trader.trips import signed

ZERO = Decimal(0)
# So long before the opening a fill may be that a position was read without.
READ_MS = 600_000
# After so many readings a position is what is shown.
READINGS = 16


@dataclass
class Late:
    """A position that is not shown, by the fills with these ids, all since `since_ms`."""

    position: Any
    fill_ids: set[str]
    since_ms: int


@dataclass
class Unread:
    """`fills`, oldest first, are those since `since_ms` that the opening's positions may lack,
    and `held`, by symbol, what trades of before come to by all their fills and was not shown
    at all; `readings` are left in which they may turn out to. `past` are those of `held` that
    were not shown in time: they count for nothing before they are.
    """

    fills: list[Any] = field(default_factory=list)
    since_ms: int = 0
    readings: int = READINGS
    held: dict[str, Late] = field(default_factory=dict)
    past: dict[str, Late] = field(default_factory=dict)

    def missing(
        self, held: Mapping[str, Any], positions: Mapping[str, Any]
    ) -> list[Any]:
        """Return the newest fills, oldest first, by which `held` differs from `positions`. To be
        asked at each reading: behind the last one there are none.
        """
        self.readings -= 1
        if self.readings < 0:
            self.past |= self.held
            self.fills, self.held = [], {}
        found = []
        for symbol in sorted({fill.symbol for fill in self.fills}):
            here, there = (
                told[symbol].size if symbol in told else ZERO
                for told in (positions, held)
            )
            if here != there:
                found += self._newest(symbol, there - here)
        return found

    def _newest(self, symbol: str, size: Decimal) -> list[Any]:
        """Return the newest fills of a symbol that come to so many coins, negative when sold."""
        found: list[Any] = []
        for fill in reversed([f for f in self.fills if f.symbol == symbol]):
            found.insert(0, fill)
            if sum(map(signed, found), ZERO) == size:
                return found
        return []

    def shown(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """Return the positions that are shown now, just as large as their fills made them."""
        found = {
            symbol: held[symbol]
            for symbol, late in {**self.past, **self.held}.items()
            if symbol in held and held[symbol].size == late.position.size
        }
        for symbol in found:
            self.forget(symbol)
        return found

    def filled_since(self, symbol: str, since_ms: int) -> Decimal:
        """Return what the fills of a symbol come to, coins, negative when sold."""
        found = [f for f in self.fills if f.symbol == symbol and f.time_ms >= since_ms]
        return sum(map(signed, found), ZERO)

    def expect(self, position: Any, fills: Sequence[Any]) -> None:
        """Note what a trade that is not shown comes to by its fills, oldest first."""
        ids, since_ms = {fill.fill_id for fill in fills}, fills[0].time_ms
        self.held[position.symbol] = Late(position, ids, since_ms)

    def may_hold(self, trade: OpenTrade) -> bool:
        """Tell whether a trade that is not shown may be read late: its fills tell no end."""
        late = self.held.get(trade.symbol)
        if late is not None and trade.is_of(late.position):
            return True
        filled = self.filled_since(trade.symbol, trade.opened_ms)
        return filled > ZERO if trade.side == "long" else filled < ZERO

    def is_doubtful(self, symbol: str) -> bool:
        """Tell whether a position may be another than was read."""
        return symbol in self.held or any(f.symbol == symbol for f in self.fills)

    @property
    def is_open(self) -> bool:
        """Tell whether anything may turn out to be held."""
        return bool(self.fills or self.held or self.past)

    def add(self, fill: Any) -> None:
        """Take in a fill of before the opening that is shown only now."""
        if fill.time_ms >= self.since_ms:
            self.fills = sorted([*self.fills, fill], key=lambda f: f.time_ms)
        for late in (self.held.get(fill.symbol), self.past.get(fill.symbol)):
            if late is not None and fill.time_ms >= late.since_ms:
                self._count(late, fill)

    def _count(self, late: Late, fill: Any) -> None:
        """Count a fill that was not shown yet; behind one that ends it nothing is held."""
        if fill.fill_id in late.fill_ids:
            return
        before = late.position
        late.fill_ids.add(fill.fill_id)
        late.position = replace(before, size=before.size + signed(fill))
        if late.position.size * before.size <= 0:
            self.forget_held(fill.symbol)

    def forget_held(self, symbol: str) -> None:
        """Forget what a trade of before comes to."""
        self.held.pop(symbol, None)
        self.past.pop(symbol, None)

    def drop(self, read: Sequence[Any]) -> None:
        """Take fills out that are in the positions by now."""
        self.fills = [fill for fill in self.fills if fill not in read]

    def forget(self, symbol: str) -> None:
        """Forget the fills of a symbol that was traded since: what is missing may be that."""
        self.fills = [fill for fill in self.fills if fill.symbol != symbol]
        self.forget_held(symbol)


def unread(fills: Iterable[Any], opened_ms: int, without: Collection[str]) -> Unread:
    """Return the fills of just before an opening, but for those of some symbols."""
    since_ms = opened_ms - READ_MS
    found = [f for f in fills if f.time_ms >= since_ms and f.symbol not in without]
    return Unread(sorted(found, key=lambda fill: fill.time_ms), since_ms)


def bare_orders(resting: Iterable[Any], positions: Mapping[str, Any]) -> list[Any]:
    """Return the stops and takes that rest for a position that is not shown, or for more than
    is shown of it: it is late, or over while nobody looked.
    """
    closing = [order for order in resting if order.reduce_only]
    closed: Counter[tuple[str, str]] = Counter()
    for order in filter(_is_brought, closing):
        closed[order.symbol, order.side] += _left(order)
    return [
        order
        for order in closing
        if order.symbol not in positions
        or closed[order.symbol, order.side] > abs(positions[order.symbol].size)
    ]


def hidden_fills(fills: Iterable[Any], bare: Sequence[Any]) -> list[Any]:
    """Return the fills, oldest first, of positions that are not shown, or not all of them:
    from the first on of an entry that brought a stop which rests, as far as they come to what
    that stop closes.
    """
    oldest_first, found = sorted(fills, key=lambda f: f.time_ms), []
    for symbol in sorted({order.symbol for order in bare}):
        stops = [o for o in bare if o.symbol == symbol and _is_brought(o)]
        of_symbol = [fill for fill in oldest_first if fill.symbol == symbol]
        while of_symbol and not any(_is_of(of_symbol[0], stop) for stop in stops):
            del of_symbol[0]
        if _closes(stops, sum(map(signed, of_symbol), ZERO)):
            found += of_symbol
    return found


def _is_brought(order: Any) -> bool:
    return bool(order.client_id.endswith(STOP_SUFFIX))


def _is_of(fill: Any, stop: Any) -> bool:
    """Tell whether a fill is of the entry, of whichever slice, that brought a stop."""
    decision = fill.client_id.rpartition("-")[0]
    return bool(decision) and stop.client_id.startswith(f"{decision}-")


def _closes(stops: Sequence[Any], size: Decimal) -> bool:
    side = "sell" if size > 0 else "buy"
    most: Decimal = sum((_left(stop) for stop in stops if stop.side == side), ZERO)
    return ZERO < abs(size) <= most


def _left(order: Any) -> Any:
    return order.size - order.filled
