"""The client ids of our resting orders that no trade needs any more.

Generated from specs/trading/orphan_orders.yaml. To change it, change the spec
and run: architect generate orphan_orders
"""

from core.wrapper import module
from generated.trading.open_order import OpenOrder
from generated.trading.order_purpose import order_purpose
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "unique([position.symbol for position in positions])",
    ],
    on_failure="[]",
)
def orphan_orders(resting: list[OpenOrder], positions: list[Position]) -> list[str]:
    """The client ids of our resting orders that no trade needs any more.

    Args:
        resting: all orders at the exchange
        positions: what is held, a symbol at most once

    Returns:
        to be cancelled
    """
    sides = {p.symbol: "sell" if p.size > 0 else "buy" for p in positions if p.size}
    orphans = []
    for order in resting:
        purpose = order_purpose(order.client_id)
        needed = order.reduce_only and sides.get(order.symbol) == order.side
        if purpose in ("entry", "exit") or (purpose and not needed):
            orphans.append(order.client_id)
    return orphans


__all__ = ["orphan_orders"]
# From its recorded reply, byte for byte: architect rebuild orphan_orders
