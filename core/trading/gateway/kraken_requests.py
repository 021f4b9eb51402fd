"""How an order is put to Kraken: the parameters of sendorder, batchorder and editorder.

Pure: no calls. Triggers go by the mark price, never by the last trade, which one thin
print can move.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.trading.gateway.order import Order
from core.trading.gateway.order_words import ORDER_TYPES

Request = dict[str, str | bool]


def send(order: Order) -> Request:
    """Return the parameters of sendorder."""
    # Never timeInForce: in upper case it becomes a resting order. The type says it all.
    request: Request = {
        "symbol": order.symbol,
        "side": order.side,
        "size": _digits(order.size),
        "orderType": ORDER_TYPES[order.kind],
        "cliOrdId": order.client_id,
    }
    if order.limit_price is not None:
        request["limitPrice"] = _digits(order.limit_price)
    if order.stop_price is not None:
        request |= {"stopPrice": _digits(order.stop_price), "triggerSignal": "mark"}
    if order.trail_usd is not None:
        request |= {
            "trailingStopMaxDeviation": _digits(order.trail_usd),
            "trailingStopDeviationUnit": "QUOTE_CURRENCY",
            "triggerSignal": "mark",
        }
    if order.reduce_only:
        request["reduceOnly"] = True
    return request


def batch(orders: Sequence[Order]) -> dict[str, Any]:
    """Return the content of batchorder; its answers are told apart by `order_tag`."""
    rows = [
        {"order": "send", "order_tag": str(number), **send(order)}
        for number, order in enumerate(orders)
    ]
    return {"batchOrder": rows}


def edit(
    client_id: str,
    size: Decimal | None,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
) -> Request:
    """Return the parameters of editorder: only what changes."""
    numbers = {"size": size, "limitPrice": limit_price, "stopPrice": stop_price}
    changes = {k: _digits(v) for k, v in numbers.items() if v is not None}
    return {"cliOrdId": client_id, **changes}


def _digits(number: Decimal) -> str:
    return f"{number:f}"
