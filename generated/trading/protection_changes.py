"""What to change so that a position's stop and take rest at the exchange.

Generated from specs/trading/protection_changes.yaml. To change it, change the spec
and run: architect generate protection_changes
"""

from core.wrapper import module
from generated.trading.exit_levels import ExitLevels
from generated.trading.open_order import OpenOrder
from generated.trading.order_change import OrderChange
from generated.trading.position import Position
from generated.trading.protecting_orders import protecting_orders
from generated.trading.trigger_changes import trigger_changes


@module(
    kind="function",
    requires=[
        "position.size != 0",
    ],
)
def protection_changes(
    position: Position, levels: ExitLevels, resting: list[OpenOrder]
) -> list[OrderChange]:
    """What to change so that a position's stop and take rest at the exchange.

    Args:
        position: what is held, not flat
        levels: where it ends
        resting: all orders at the exchange

    Returns:
        in the order in which to do them
    """
    size = abs(position.size)
    stops = protecting_orders(position, "stop", resting)
    takes = protecting_orders(position, "take_profit", resting)
    changes = trigger_changes("stop", size, levels.stop_price, stops)
    return changes + trigger_changes("take_profit", size, levels.take_price, takes)


__all__ = ["protection_changes"]
# From its recorded reply, byte for byte: architect rebuild protection_changes
