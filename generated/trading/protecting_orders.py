"""The orders of ours that would end a position at a trigger of this kind.

Generated from specs/trading/protecting_orders.yaml. To change it, change the spec
and run: architect generate protecting_orders
"""

from typing import Literal

from core.wrapper import module
from generated.trading.open_order import OpenOrder
from generated.trading.order_purpose import order_purpose
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "position.size != 0",
    ],
)
def protecting_orders(
    position: Position, kind: Literal["stop", "take_profit"], resting: list[OpenOrder]
) -> list[OpenOrder]:
    """The orders of ours that would end a position at a trigger of this kind.

    Args:
        position: what is held, not flat
        kind: of trigger
        resting: all orders at the exchange

    Returns:
        a part of resting
    """
    side, found = "sell" if position.size > 0 else "buy", []
    for order in resting:
        ours = order_purpose(order.client_id) in ("stop", "take")
        ends = order.reduce_only and order.side == side and order.kind == kind
        if ours and ends and order.symbol == position.symbol:
            found.append(order)
    return found


__all__ = ["protecting_orders"]
# From its recorded reply, byte for byte: architect rebuild protecting_orders
