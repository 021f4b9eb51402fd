"""Levels that the market passed with nothing resting there: the loop's to see and to end.

Where a trade ends is known from what rested for it. When an exchange has lost that, a
mark beyond it at a candle's close is an exit that the loop itself has to do, or to tell of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.paper.exchange import PaperExchange
from faultlab.cover import STOP, TAKE, triggers
from faultlab.lasting import MENDED_AFTER

# What a person is told who would otherwise take the trade for ended or protected. Trouble
# of another kind is told of when it lasts (`Told.stuck`).
TELLING = frozenset({"exit failed", "unprotected"})


@dataclass
class Passed:
    """A level that was passed at a candle's close; `ticks` had the chance to end the trade."""

    symbol: str
    kind: str
    candle: int
    ticks: int = 0
    last: int = 0


@dataclass
class Levels:
    """Follows where each position is to end; `unended` are those passed that did not end it."""

    count: int = 0
    unended: list[Passed] = field(default_factory=list)
    _waiting: dict[tuple[str, str], Passed] = field(default_factory=dict)
    _known: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    _long: dict[str, bool] = field(default_factory=dict)

    def learn(self, exchange: PaperExchange) -> None:
        """Take in what rests now; a position that ended takes its levels with it."""
        for symbol, holding in exchange.books.holdings.items():
            if not holding.size or self._long.get(symbol) != (holding.size > 0):
                for kind in (STOP, TAKE):
                    self._known.pop((symbol, kind), None)
                    self._waiting.pop((symbol, kind), None)
                self._long.pop(symbol, None)
            if not holding.size:
                continue
            self._long[symbol] = holding.size > 0
            for kind in (STOP, TAKE):
                found = triggers(exchange, symbol, kind)
                prices = [o.stop_price for o in found if o.stop_price is not None]
                if prices:
                    # Of two the farther one: beyond it the other was passed as well.
                    lowest = self._long[symbol] == (kind == STOP)
                    self._known[symbol, kind] = min(prices) if lowest else max(prices)

    def closed(self, exchange: PaperExchange, candle: int) -> None:
        """Look at the marks of a candle that has just closed."""
        self.learn(exchange)
        for key, level in self._known.items():
            symbol, kind = key
            mark = exchange.market.price[symbol]
            below = self._long[symbol] == (kind == STOP)
            beyond = mark <= level if below else mark >= level
            resting = triggers(exchange, symbol, kind)
            if beyond and not resting and key not in self._waiting:
                self.count += 1
                self._waiting[key] = Passed(symbol, kind, candle)

    def look(self, exchange: PaperExchange, candle: int, *, acting: bool) -> None:
        """Look at a candle's end, when the loop has done its part."""
        self.learn(exchange)
        for key, passed in list(self._waiting.items()):
            passed.ticks += acting
            passed.last = candle
            if passed.ticks > MENDED_AFTER:
                self.unended.append(self._waiting.pop(key))
