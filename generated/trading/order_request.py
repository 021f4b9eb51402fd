"""One order as we want it sent.

The client id makes sending it twice harmless.

Generated from specs/trading/order_request.yaml. To change it, change the spec
and run: architect generate order_request
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        'client_id != ""',
        "size > 0",
        'limit_price is not None or kind not in ("limit", "post", "ioc")',
        'stop_price is not None or kind not in ("stop", "take_profit")',
        'trail_usd is not None or kind != "trailing_stop"',
        "protect_price is None or not reduce_only",
    ],
)
class OrderRequest:
    """One order as we want it sent.

    Attributes:
        client_id: our own id, at most 64 of a-z, 0-9 and -
        symbol: the exchange's own, PF_XBTUSD
        side: direction
        size (coins): how much, positive
        kind: limit, post (maker or nothing) and ioc (fill now or cancel) have a limit
            price
        limit_price (USD): worst price accepted
        stop_price (USD): trigger of stop and take_profit
        reduce_only: may only make the position smaller
        trail_usd (USD): distance of a trailing_stop from the best mark price since it
            was placed
        protect_price (USD): a reduce-only stop at this price goes to the exchange in
            the same request, as client id with -stop
    """

    client_id: str
    symbol: str
    side: Literal["buy", "sell"]
    size: Decimal
    kind: Literal[
        "market", "limit", "post", "ioc", "stop", "take_profit", "trailing_stop"
    ]
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    reduce_only: bool = False
    trail_usd: Decimal | None = None
    protect_price: Decimal | None = None


__all__ = ["OrderRequest"]
# From its spec, byte for byte: architect rebuild order_request
