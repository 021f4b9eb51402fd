"""Open trades: what was entered, at which levels it ends, and what it has cost so far."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)


@dataclass
class OpenTrade:
    """One trade from entry to exit. `base_*` are the symbol's sums when it began."""

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
