"""What an order that still works at the exchange may put at risk when it is filled.

Generated from specs/trading/working_order_risk.yaml. To change it, change the spec
and run: architect generate working_order_risk
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.open_order import OpenOrder


@module(
    kind="function",
    requires=[
        "mark_price > 0",
        "order.filled <= order.size",
    ],
    ensures=[
        "result >= 0",
    ],
    on_failure=(
        "order.size * max(mark_price, order.limit_price or mark_price, "
        "order.stop_price or mark_price)"
    ),
)
def working_order_risk(order: OpenOrder, mark_price: Decimal) -> Decimal:
    """What an order that still works at the exchange may put at risk when it is filled.

    Args:
        order: what rests
        mark_price (USD): price now

    Returns:
        USD: 0 or more
    """
    if order.reduce_only:
        return Decimal(0)
    price = order.limit_price or order.stop_price or mark_price
    return (order.size - order.filled) * price


__all__ = ["working_order_risk"]
# From its recorded reply, byte for byte: architect rebuild working_order_risk
