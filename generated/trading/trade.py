"""One trade from entry to exit, open while it has no closing time.

Generated from specs/trading/trade.yaml. To change it, change the spec
and run: architect generate trade
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "size > 0",
        "closed_ms is None or closed_ms >= opened_ms",
    ],
)
class Trade:
    """One trade from entry to exit, open while it has no closing time.

    Attributes:
        trade_id: the client id of its entry
        symbol: the exchange's own, PF_XBTUSD
        side: direction
        size (coins): entered, positive
        entry_price (USD): average of the entry
        exit_price (USD): average of the exit
        opened_ms (UTC ms): first fill
        closed_ms (UTC ms): last fill
        realised_usd (USD): P&L without fees and funding
        fees_usd (USD): positive is paid
        funding_usd (USD): settled, positive is received
        score: of the signal that opened it
        exit_reason: stop, take, time or another word; empty while open
    """

    trade_id: str
    symbol: str
    side: Literal["long", "short"]
    size: Decimal
    entry_price: Decimal
    exit_price: Decimal | None = None
    opened_ms: int
    closed_ms: int | None = None
    realised_usd: Decimal = Decimal("0")
    fees_usd: Decimal = Decimal("0")
    funding_usd: Decimal = Decimal("0")
    score: float = 0.0
    exit_reason: str = ""


__all__ = ["Trade"]
# From its spec, byte for byte: architect rebuild trade
