"""One execution of an order at the exchange.

It carries no fee, the account log does.

Generated from specs/trading/fill.yaml. To change it, change the spec
and run: architect generate fill
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "size > 0",
        "price > 0",
    ],
)
class Fill:
    """One execution of an order at the exchange.

    Attributes:
        fill_id: the exchange's id of the execution
        order_id: the exchange's id of the order
        client_id: our id of the order, empty when it had none
        symbol: the exchange's own, PF_XBTUSD
        side: direction
        size (coins): how much, positive
        price (USD): of one coin
        time_ms (UTC ms): when
    """

    fill_id: str
    order_id: str
    client_id: str
    symbol: str
    side: Literal["buy", "sell"]
    size: Decimal
    price: Decimal
    time_ms: int


__all__ = ["Fill"]
# From its spec, byte for byte: architect rebuild fill
