"""Open trades: what was entered, at which levels it ends, and what it has cost so far."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
PRICE_STEP = Decimal("1e-8")


@dataclass
class OpenTrade:
    """One trade from entry to exit. `base_*` are the symbol's sums when it began.

    `ending` is why its exit was sent, empty before.
    """

    trade_id: str
    symbol: str
    side: str
    size: Decimal
    entry_price: Decimal
    levels: Any
    opened_ms: int
    score: float
    base_realised_usd: Decimal
    base_fees_usd: Decimal
    base_funding_usd: Decimal
    exits_sent: int = 0
    ending: str = ""
    exit_size: Decimal = ZERO
    exit_cost_usd: Decimal = ZERO

    def note_exit(self, fill: Any) -> None:
        """Count a fill that made the position smaller."""
        self.exit_size += fill.size
        self.exit_cost_usd += fill.size * fill.price

    def exit_price(self, otherwise: Decimal) -> Decimal:
        """Return the average of the exit fills, to 8 places."""
        price = self.exit_cost_usd / self.exit_size if self.exit_size else otherwise
        return price.quantize(PRICE_STEP)

    def record(
        self,
        trade: type,
        totals: Any,
        exit_price: Decimal | None = None,
        closed_ms: int | None = None,
        reason: str = "",
    ) -> Any:
        """Return the Trade record, open while `closed_ms` is None."""
        return trade(
            trade_id=self.trade_id,
            symbol=self.symbol,
            side=self.side,
            size=self.size,
            entry_price=self.entry_price,
            exit_price=exit_price,
            opened_ms=self.opened_ms,
            closed_ms=closed_ms,
            realised_usd=totals.realised_usd - self.base_realised_usd,
            fees_usd=totals.fees_usd - self.base_fees_usd,
            funding_usd=totals.funding_usd - self.base_funding_usd,
            score=self.score,
            exit_reason=reason,
        )
