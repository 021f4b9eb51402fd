"""What the exchange alone can see going wrong, noted at the moment it happens."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.paper.exchange import PaperExchange
from core.trading.paper.orders import ZERO, Fill
from faultlab.cover import covered_loss, held, worst_loss
from faultlab.lasting import DUPLICATE, RISK, TOLERANCE_USD, Lasting
from faultlab.passed import Levels


@dataclass
class Watch:
    """Watches one exchange; `problems` are what must never happen.

    One decision makes no position larger than `max_notional_usd`: more was sent twice.
    `most` is the largest position, in coins, that each decision came to. `away` are the
    candles in which loop or gateway was not there to act.
    """

    ceiling_frac: Decimal
    max_notional_usd: Decimal
    quiet_from: int
    problems: list[str] = field(default_factory=list)
    highest_risk_frac: Decimal = ZERO
    levels: Levels = field(default_factory=Levels)
    away: set[int] = field(default_factory=set)
    most: dict[str, Decimal] = field(default_factory=dict)
    _fills: int = 0
    _sizes: dict[str, Decimal] = field(default_factory=dict)
    _opened_by: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lasting = Lasting(self.ceiling_frac, self._say)

    def hit(self, symbols: Iterable[str]) -> None:
        """Note that a fault struck what is done or seen of these symbols."""
        self.lasting.hit(symbols)

    def order(
        self, exchange: PaperExchange, candle: int, refused: Collection[str] = ()
    ) -> None:
        """Look at what a call just did: who added to which position, at what risk.

        Of the `refused` symbols the exchange took an entry and not its stop, in one call:
        nobody could know before, so it must be taken back, within the candle.
        """
        self.levels.learn(exchange)
        if self._added(exchange, candle):
            self._check_risk(exchange, candle, refused)
            self.lasting.owe(refused)

    def candle(self, exchange: PaperExchange, candle: int, *, acting: bool) -> None:
        """Look at the account as a candle ends; `acting` says that loop and gateway live."""
        self._added(exchange, candle)
        if not acting:
            self.away.add(candle)
        self.lasting.look(exchange, candle, acting=acting)
        self.levels.look(exchange, candle, acting=acting)

    def closed(self, exchange: PaperExchange, candle: int) -> None:
        """Look at the market as the next candle's prices have come."""
        self.levels.closed(exchange, candle)

    def end(self, exchange: PaperExchange, candle: int) -> None:
        """Look once more when all is over."""
        self.lasting.end(exchange, candle)

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
        self.most[decision] = max(self.most.get(decision, ZERO), abs(after))
        return True

    def _check_risk(
        self, exchange: PaperExchange, candle: int, refused: Collection[str]
    ) -> None:
        equity = exchange.margin().equity
        losses = (
            (covered_loss if symbol in refused else worst_loss)(exchange, symbol)
            for symbol in held(exchange)
        )
        risk = sum(losses, ZERO)
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
