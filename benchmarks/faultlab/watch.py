"""What the exchange alone can see going wrong, noted at the moment it happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.paper.exchange import PaperExchange
from core.trading.paper.orders import ZERO, Fill

# A mark is read, then the order is sent: what the market cannot do in between, for time
# stands still within a candle, rounding to ticks and steps still can.
TOLERANCE_USD = Decimal("0.05")
# What every problem begins with: its kind.
DUPLICATE, RISK = "duplicate order", "open risk over its ceiling"


@dataclass
class Watch:
    """Watches one exchange; `problems` are what must never happen.

    One decision makes no position larger than `max_notional_usd`: more was sent twice.
    """

    ceiling_frac: Decimal
    max_notional_usd: Decimal
    quiet_from: int
    problems: list[str] = field(default_factory=list)
    naked_candles: int = 0
    highest_risk_frac: Decimal = ZERO
    _fills: int = 0
    _sizes: dict[str, Decimal] = field(default_factory=dict)
    _opened_by: dict[str, str] = field(default_factory=dict)

    def order(self, exchange: PaperExchange, candle: int) -> None:
        """Look at what a call just did: who added to which position, at what risk."""
        if self._added(exchange, candle):
            self._check_risk(exchange, candle)

    def candle(self, exchange: PaperExchange, candle: int) -> None:
        """Look at the account as a candle ends."""
        self._added(exchange, candle)
        self.naked_candles += any(
            uncovered(exchange, symbol) for symbol in _held(exchange)
        )

    def _added(self, exchange: PaperExchange, candle: int) -> bool:
        new = exchange.books.fills[self._fills :]
        self._fills += len(new)
        added = [self._note(fill, candle) for fill in new]
        return any(added)

    def _note(self, fill: Fill, candle: int) -> bool:
        """Note one fill; True if it added to a position."""
        symbol = fill.order.symbol
        before = self._sizes.get(symbol, ZERO)
        after = self._sizes[symbol] = before + fill.order.signed(fill.size)
        if abs(after) <= abs(before) and before * after >= 0:
            return False
        decision = (fill.order.client_id or "?").rpartition("-")[0]
        opener = self._opened_by.setdefault(symbol, decision)
        if before * after < 0:
            self._say(
                candle, f"{DUPLICATE}: {symbol} turned over by {fill.order.client_id}"
            )
        elif before and opener != decision:
            self._say(
                candle, f"{DUPLICATE}: {symbol} of {opener} added to by {decision}"
            )
        elif (usd := abs(after) * _worst_price(fill)) > self.max_notional_usd:
            self._say(candle, f"{DUPLICATE}: {symbol} of {decision} is {usd:.2f} USD")
        self._opened_by[symbol] = opener if before else decision
        return True

    def _check_risk(self, exchange: PaperExchange, candle: int) -> None:
        equity = exchange.margin().equity
        risk = sum((worst_loss(exchange, symbol) for symbol in _held(exchange)), ZERO)
        self.highest_risk_frac = max(self.highest_risk_frac, risk / equity)
        if risk > equity * self.ceiling_frac + TOLERANCE_USD:
            self._say(candle, f"{RISK}: {risk:.2f} of equity {equity:.2f}")

    def _say(self, candle: int, text: str) -> None:
        self.problems.append(f"{text}, at candle {candle}")


def _worst_price(fill: Fill) -> Decimal:
    """Return the worst price that the decision allowed: a sale of later slices in a market
    that rises brings more dollars for as many coins.
    """
    return min(fill.price, fill.order.limit_price or fill.price)


def worst_loss(exchange: PaperExchange, symbol: str) -> Decimal:
    """Return what a position loses from its mark to its stops, all of it without any."""
    holding, mark = exchange.books.holdings[symbol], exchange.market.price[symbol]
    sign = 1 if holding.size > 0 else -1
    loss = uncovered(exchange, symbol) * mark
    for price, size in _covers(exchange, symbol):
        loss += size * max(ZERO, (mark - price) * sign)
    return loss


def uncovered(exchange: PaperExchange, symbol: str) -> Decimal:
    """Return the coins of a position that no stop at the exchange would close."""
    covered = sum((size for _, size in _covers(exchange, symbol)), ZERO)
    return abs(exchange.books.holdings[symbol].size) - covered


def _covers(exchange: PaperExchange, symbol: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield price and size of the stops as they would close a position, nearest first."""
    size = exchange.books.holdings[symbol].size
    found = [
        (order.stop_price, order.remaining)
        for order in exchange.venue.live.values()
        if order.symbol == symbol
        and order.reduce_only
        and order.is_buy != (size > 0)
        and order.kind in ("stp", "trailing_stop")
        and order.stop_price is not None
    ]
    left = abs(size)
    for price, most in sorted(found, reverse=size > 0):
        yield price, min(left, most)
        left -= min(left, most)


def _held(exchange: PaperExchange) -> list[str]:
    return [s for s, holding in exchange.books.holdings.items() if holding.size]
