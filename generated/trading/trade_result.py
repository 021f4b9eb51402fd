"""What became of one intended entry or exit, over all of its orders.

Generated from specs/trading/trade_result.yaml. To change it, change the spec
and run: architect generate trade_result
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "size > 0",
        "filled >= 0",
        "expected_price > 0",
        "average_price is None or average_price > 0",
        "rejected_in_a_row >= 0",
    ],
)
class TradeResult:
    """What became of one intended entry or exit, over all of its orders.

    Attributes:
        purpose: what it was for
        symbol: the exchange's own, PF_XBTUSD
        side: direction of its orders
        status: of the last order; unknown when nobody can say what became of it
        size (coins): what was wanted
        filled (coins): what of it was filled
        expected_price (USD): price when it was decided
        average_price (USD): of the filled part, None without one
        slipped_frac: how much worse than expected, of the expected price; negative is
            better, 0 where nothing was filled
        rejected_in_a_row: how many in a row were rejected, this one included
        reason: why it was rejected or cancelled
    """

    purpose: Literal["entry", "exit"]
    symbol: str
    side: Literal["buy", "sell"]
    status: Literal["open", "partial", "filled", "cancelled", "rejected", "unknown"]
    size: Decimal
    filled: Decimal
    expected_price: Decimal
    average_price: Decimal | None = None
    slipped_frac: Decimal = Decimal("0")
    rejected_in_a_row: int = 0
    reason: str = ""


__all__ = ["TradeResult"]
# From its spec, byte for byte: architect rebuild trade_result
