"""The exit levels of a position that is taken up, from what rests at the exchange.

Generated from specs/trading/taken_up_levels.yaml. To change it, change the spec
and run: architect generate taken_up_levels
"""

from core.wrapper import module
from generated.trading.exit_levels import ExitLevels
from generated.trading.open_order import OpenOrder
from generated.trading.position import Position
from generated.trading.protecting_orders import protecting_orders


@module(
    kind="function",
    requires=[
        "position.size != 0",
    ],
    on_failure="levels",
)
def taken_up_levels(
    position: Position, levels: ExitLevels, resting: list[OpenOrder]
) -> ExitLevels:
    """The exit levels of a position that is taken up, from what rests at the exchange.

    Args:
        position: what is held, not flat
        levels: where nothing rests
        resting: all orders at the exchange

    Returns:
        of the trade
    """
    stops = protecting_orders(position, "stop", resting)
    takes = protecting_orders(position, "take_profit", resting)
    stop_prices = [order.stop_price for order in stops if order.stop_price]
    take_prices = [order.stop_price for order in takes if order.stop_price]
    return ExitLevels(
        stop_price=stop_prices[0] if stop_prices else levels.stop_price,
        take_price=take_prices[0] if take_prices else levels.take_price,
    )


__all__ = ["taken_up_levels"]
# From its recorded reply, byte for byte: architect rebuild taken_up_levels
