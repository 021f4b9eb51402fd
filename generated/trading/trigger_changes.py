"""What to change so that one trigger order of a kind rests with this size and price.

Generated from specs/trading/trigger_changes.yaml. To change it, change the spec
and run: architect generate trigger_changes
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.open_order import OpenOrder
from generated.trading.order_change import OrderChange


@module(
    kind="function",
    requires=[
        "size > 0",
        "price > 0",
    ],
)
def trigger_changes(
    kind: Literal["stop", "take_profit"],
    size: Decimal,
    price: Decimal,
    resting: list[OpenOrder],
) -> list[OrderChange]:
    """What to change so that one trigger order of a kind rests with this size and price.

    Args:
        kind: of all these orders
        size (coins): wanted, above 0
        price (USD): trigger that is wanted
        resting: of this kind, reduce-only, ours

    Returns:
        empty when all is as it should be
    """
    if not resting:
        return [OrderChange(action="place", kind=kind, size=size, price=price)]
    first, names = resting[0], [order.client_id for order in resting]
    right = first.size - first.filled == size and first.stop_price == price
    wanted = {"kind": kind, "size": size, "price": price}
    edits = [] if right else [OrderChange(action="edit", client_id=names[0], **wanted)]
    return edits + [
        OrderChange(action="cancel", kind=kind, client_id=name) for name in names[1:]
    ]


__all__ = ["trigger_changes"]
# From its recorded reply, byte for byte: architect rebuild trigger_changes
