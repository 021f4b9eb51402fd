"""One order that rests at the exchange, ours or not.

Generated from specs/trading/open_order.yaml. To change it, change the spec
and run: architect generate open_order
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "size > 0",
        "filled >= 0",
    ],
)
class OpenOrder:
    """One order that rests at the exchange, ours or not.

    Attributes:
        client_id: our own id, empty when a person or another program placed it
        order_id: the exchange's id
        symbol: the exchange's own, PF_XBTUSD
        side: direction
        kind: the last three wait for their trigger
        size (coins): what was ordered
        filled (coins): what of it was filled
        limit_price (USD): worst price accepted
        stop_price (USD): trigger as it stands now
        reduce_only: may only make the position smaller
        created_ms (UTC ms): when the exchange took it
    """

    client_id: str
    order_id: str
    symbol: str
    side: Literal["buy", "sell"]
    kind: Literal["limit", "post", "stop", "take_profit", "trailing_stop"]
    size: Decimal
    filled: Decimal = Decimal("0")
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    reduce_only: bool = False
    created_ms: int


__all__ = ["OpenOrder"]
# From its spec, byte for byte: architect rebuild open_order
