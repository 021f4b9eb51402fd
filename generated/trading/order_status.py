"""What the exchange knows of one order.

Generated from specs/trading/order_status.yaml. To change it, change the spec
and run: architect generate order_status
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "size >= 0",
        "filled >= 0",
    ],
)
class OrderStatus:
    """What the exchange knows of one order.

    Attributes:
        client_id: our own id of the order
        order_id: the exchange's id, empty when it never took the order
        symbol: the exchange's own, PF_XBTUSD
        side: direction
        status: partial is open with a part filled
        size (coins): what was ordered
        filled (coins): what of it was filled
        average_price (USD): of the filled part
        reason: why it was rejected or cancelled
    """

    client_id: str
    order_id: str = ""
    symbol: str
    side: Literal["buy", "sell"]
    status: Literal["open", "partial", "filled", "cancelled", "rejected"]
    size: Decimal
    filled: Decimal = Decimal("0")
    average_price: Decimal | None = None
    reason: str = ""


__all__ = ["OrderStatus"]
# From its spec, byte for byte: architect rebuild order_status
