"""One thing to do so that the orders at the exchange are those that we want.

Generated from specs/trading/order_change.yaml. To change it, change the spec
and run: architect generate order_change
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record()
class OrderChange:
    """One thing to do so that the orders at the exchange are those that we want.

    Attributes:
        action: what to do
        kind: of the order
        client_id: of the order that rests, empty for place
        size (coins): wanted, 0 for cancel
        price (USD): trigger that is wanted, 0 for cancel
    """

    action: Literal["place", "edit", "cancel"]
    kind: Literal["stop", "take_profit"]
    client_id: str = ""
    size: Decimal = Decimal("0")
    price: Decimal = Decimal("0")


__all__ = ["OrderChange"]
# From its spec, byte for byte: architect rebuild order_change
