"""One thing that happened to one order, as the exchange's history tells it.

Generated from specs/trading/order_event.yaml. To change it, change the spec
and run: architect generate order_event
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "filled >= 0",
    ],
)
class OrderEvent:
    """One thing that happened to one order, as the exchange's history tells it.

    Attributes:
        time_ms (UTC ms): when
        kind: changed is filled in part or whole, or edited
        client_id: our own id of the order, empty when it had none
        order_id: the exchange's id
        symbol: the exchange's own, PF_XBTUSD
        side: direction
        filled (coins): what was filled up to it
        reason: the exchange's word for why
    """

    time_ms: int
    kind: Literal["placed", "changed", "triggered", "cancelled", "rejected"]
    client_id: str
    order_id: str
    symbol: str
    side: Literal["buy", "sell"]
    filled: Decimal = Decimal("0")
    reason: str = ""


__all__ = ["OrderEvent"]
# From its spec, byte for byte: architect rebuild order_event
