"""What an exchange that fails may bring about, and must not outlast its failing.

A position without its stop, and stops or takes for more than a position. While calls fail
or a process is away nobody can mend it, so it is counted; once they pass again the loop has
as many candles as it gives itself before it ends a trade that it cannot protect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.paper.exchange import PaperExchange
from core.trading.paper.orders import ZERO
from core.trading.trader.config import TraderConfig
from faultlab.cover import STOP, TAKE, covered_loss, doubled, held, uncovered

# A trade whose stop fails at so many ticks is ended at the market: by then a position is
# protected or gone, whatever the faults before were.
MENDED_AFTER = TraderConfig().max_stop_failures
# A mark is read, then the order is sent: what the market cannot do in between, for time
# stands still within a candle, rounding to ticks and steps still can.
TOLERANCE_USD = Decimal("0.05")
# What every problem begins with: its kind.
DUPLICATE, RISK, NAKED = "duplicate order", "open risk over its ceiling", "naked"


@dataclass
class Lasting:
    """Looks at the account at the end of each candle, when the loop has done its part.

    `calm` counts, by symbol, the candles since a fault last hit its orders or what the loop
    sees of them; candles without a process to act do not count.
    """

    ceiling_frac: Decimal
    say: Callable[[int, str], None]
    naked_candles: int = 0
    longest_naked: int = 0
    over_ceiling_candles: int = 0
    highest_frac: Decimal = ZERO
    calm: Counter[str] = field(default_factory=Counter)
    _hit: set[str] = field(default_factory=set)
    _owed: set[str] = field(default_factory=set)
    _naked: Counter[str] = field(default_factory=Counter)
    _naked_calm: Counter[str] = field(default_factory=Counter)
    _doubled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def hit(self, symbols: Iterable[str]) -> None:
        """Note that a fault struck what is done or seen of these symbols."""
        symbols = set(symbols)
        self._hit |= symbols
        self._owed -= symbols

    def owe(self, symbols: Iterable[str]) -> None:
        """Note entries whose stop was refused: unless another fault comes between, they are
        taken back, or protected, by the end of the candle.
        """
        self._owed.update(symbols)

    def look(self, exchange: PaperExchange, candle: int, *, acting: bool) -> None:
        """Look at a candle's end; `acting` says that loop and gateway were there."""
        for symbol in exchange.books.holdings:
            self.calm[symbol] += acting
            if symbol in self._hit:
                self.calm[symbol] = 0
        self._hit.clear()
        for symbol in sorted(self._owed):
            if acting and (coins := uncovered(exchange, symbol)):
                text = f"{NAKED}: {coins} of {symbol} whose stop was refused are kept"
                self.say(candle, text)
        self._owed.clear()
        self._look_for_naked(exchange, candle, acting)
        self._look_at_risk(exchange, candle)
        for symbol in exchange.books.holdings:
            if acting and self.calm[symbol] > MENDED_AFTER:
                self._look_for_doubled(exchange, candle, symbol)

    def end(self, exchange: PaperExchange, candle: int) -> None:
        """Look once more when all is over."""
        self._doubled.clear()
        for symbol in exchange.books.holdings:
            self._look_for_doubled(exchange, candle, symbol)

    def _look_for_naked(
        self, exchange: PaperExchange, candle: int, acting: bool
    ) -> None:
        naked = {symbol for symbol in held(exchange) if uncovered(exchange, symbol)}
        self.naked_candles += bool(naked)
        for symbol in exchange.books.holdings:
            if symbol not in naked:
                self._naked[symbol] = self._naked_calm[symbol] = 0
                continue
            self._naked[symbol] += 1
            self.longest_naked = max(self.longest_naked, self._naked[symbol])
            self._naked_calm[symbol] += acting and self.calm[symbol] > 0
            if not self.calm[symbol]:
                self._naked_calm[symbol] = 0
            elif acting and self._naked_calm[symbol] == MENDED_AFTER + 1:
                coins = uncovered(exchange, symbol)
                self.say(
                    candle,
                    f"{NAKED}: {coins} of {symbol} without a stop for"
                    f" {self._naked[symbol]} candles, {self.calm[symbol]} after a fault",
                )

    def _look_at_risk(self, exchange: PaperExchange, candle: int) -> None:
        """Look at what is at risk from mark to stop; what is naked counts once it must not be."""
        symbols, equity = held(exchange), exchange.margin().equity
        risk = sum((covered_loss(exchange, symbol) for symbol in symbols), ZERO)
        calm = min((self.calm[symbol] for symbol in symbols), default=0)
        if calm > MENDED_AFTER:
            price = exchange.market.price
            risk += sum(uncovered(exchange, s) * price[s] for s in symbols)
        self.highest_frac = max(self.highest_frac, risk / equity if equity else ZERO)
        if risk <= equity * self.ceiling_frac + TOLERANCE_USD:
            return
        self.over_ceiling_candles += 1
        if calm > MENDED_AFTER:
            self.say(candle, f"{RISK}: {risk:.2f} of equity {equity:.2f}")

    def _look_for_doubled(
        self, exchange: PaperExchange, candle: int, symbol: str
    ) -> None:
        for kind in (STOP, TAKE):
            more = doubled(exchange, symbol, kind)
            self._doubled[symbol, kind] = (
                self._doubled[symbol, kind] + 1 if more > 0 else 0
            )
            if self._doubled[symbol, kind] == 1:
                text = f"{DUPLICATE}: the {kind}s of {symbol} are {more} more than held"
                self.say(candle, text)
