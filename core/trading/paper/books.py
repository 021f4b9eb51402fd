"""The account's money: balance, positions, fills and the log that explains them.

Rounding, all of it: fees, realised P&L and settled funding are booked at 8 decimals of
a dollar, half to even; an average entry price is held at 10 decimals. So the balance is
always, exactly, the start plus the log's P&L and funding less its fees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.paper.orders import ZERO, Fill

_BOOKED = Decimal("1e-8")
_ENTRY = Decimal("1e-10")
HOUR_MS = 3_600_000
TRANSFER = "cross-exchange transfer"


@dataclass(slots=True)
class Holding:
    """One symbol's position; size is negative when short."""

    symbol: str
    size: Decimal = ZERO
    entry_price: Decimal = ZERO
    changed_ms: int = 0
    # Sum of -size x absolute rate x milliseconds, kept undivided so that it is exact.
    accrued: Decimal = ZERO

    @property
    def funding_usd(self) -> Decimal:
        """Return funding that has accrued and is not settled; negative is owed."""
        return self.accrued / HOUR_MS

    def floating_usd(self, mark_price: Decimal) -> Decimal:
        """Return the unrealised P&L at a mark price."""
        return self.size * (mark_price - self.entry_price)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One change of the balance, with what explains it."""

    row_id: int
    time_ms: int
    kind: str
    symbol: str
    fee_usd: Decimal
    realised_usd: Decimal
    funding_usd: Decimal
    old_balance_usd: Decimal
    balance_usd: Decimal
    mark_price: Decimal
    funding_rate: Decimal
    fill: Fill | None = None
    old_size: Decimal = ZERO
    size: Decimal = ZERO
    old_entry_price: Decimal = ZERO
    entry_price: Decimal = ZERO

    @property
    def transfer_usd(self) -> Decimal:
        """What was paid in; negative was taken out."""
        moved = self.balance_usd - self.old_balance_usd
        return moved - (self.realised_usd + self.funding_usd - self.fee_usd)


def booked(usd: Decimal) -> Decimal:
    """Return an amount as it is booked: 8 decimals, half to even."""
    return usd.quantize(_BOOKED)


@dataclass(slots=True)
class Books:
    """Balance, holdings, fills and ledger of one account."""

    balance_usd: Decimal
    holdings: dict[str, Holding]
    ledger: list[LedgerRow] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)

    def accrue(self, symbol: str, rate: Decimal, elapsed_ms: int) -> None:
        """Let funding run on; rate is absolute, in USD a coin and hour."""
        holding = self.holdings[symbol]
        if holding.size:
            holding.accrued -= holding.size * rate * elapsed_ms

    def settle_funding(
        self, symbol: str, mark: Decimal, rate: Decimal, time_ms: int
    ) -> None:
        """Move accrued funding of one symbol into the balance."""
        holding = self.holdings[symbol]
        funding = booked(holding.funding_usd)
        holding.accrued = ZERO
        if funding:
            kind = "funding rate change"
            moved = (ZERO, ZERO, funding)
            self._log(time_ms, kind, symbol, moved, (mark, rate), holding)

    def apply(
        self, fill: Fill, fee_frac: Decimal, mark: Decimal, rate: Decimal
    ) -> None:
        """Book one fill: position, realised P&L, accrued funding and fee at once."""
        symbol = fill.order.symbol
        holding = self.holdings[symbol]
        old_size, old_entry = holding.size, holding.entry_price
        fee = booked(fill.size * fill.price * fee_frac)
        realised = _move(holding, fill.order.signed(fill.size), fill.price)
        funding = booked(holding.funding_usd)
        holding.accrued = ZERO
        holding.changed_ms = fill.time_ms
        self.fills.append(fill)
        kind = "futures liquidation" if fill.role == "liquidation" else "futures trade"
        self._log(
            fill.time_ms,
            kind,
            symbol,
            (fee, realised, funding),
            (mark, rate),
            holding,
            fill=fill,
            old=(old_size, old_entry),
        )

    def transfer(self, usd: Decimal, time_ms: int) -> None:
        """Pay an amount in, or out if it is negative."""
        nothing = (ZERO, ZERO, ZERO)
        self._log(time_ms, TRANSFER, "", nothing, (ZERO, ZERO), Holding(""), paid=usd)

    def cover_shortfall(self, symbol: str, time_ms: int) -> None:
        """Bring a negative balance back to zero, as an unwind of the bankrupt does.

        Only once nothing is held: what is may be worth more than is missing.
        """
        if self.balance_usd >= 0 or any(x.size for x in self.holdings.values()):
            return
        moved = (ZERO, -self.balance_usd, ZERO)
        holding = self.holdings[symbol]
        kind = "futures unwind bankrupt"
        self._log(time_ms, kind, symbol, moved, (ZERO, ZERO), holding)

    def _log(
        self,
        time_ms: int,
        kind: str,
        symbol: str,
        moved: tuple[Decimal, Decimal, Decimal],
        prices: tuple[Decimal, Decimal],
        holding: Holding,
        *,
        fill: Fill | None = None,
        old: tuple[Decimal, Decimal] | None = None,
        paid: Decimal = ZERO,
    ) -> None:
        fee, realised, funding = moved
        old_balance = self.balance_usd
        self.balance_usd = old_balance - fee + realised + funding + paid
        old_size, old_entry = old or (holding.size, holding.entry_price)
        row = LedgerRow(
            len(self.ledger) + 1,
            time_ms,
            kind,
            symbol,
            fee,
            realised,
            funding,
            old_balance,
            self.balance_usd,
            *prices,
            fill,
            old_size,
            holding.size,
            old_entry,
            holding.entry_price,
        )
        self.ledger.append(row)


def _move(holding: Holding, change: Decimal, price: Decimal) -> Decimal:
    """Change a position at a price; return the realised P&L as booked."""
    old = holding.size
    holding.size = new = old + change
    if old == 0 or (old > 0) == (change > 0):
        cost = old * holding.entry_price + change * price
        holding.entry_price = (cost / new).quantize(_ENTRY)
        return ZERO
    closed = -change if abs(change) <= abs(old) else old
    realised = booked(closed * (price - holding.entry_price))
    if new == 0:
        holding.entry_price = ZERO
    elif (new > 0) != (old > 0):
        holding.entry_price = price
    return realised
