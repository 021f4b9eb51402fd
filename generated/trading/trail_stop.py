"""Where the stop of a trade stands now, after the price has moved.

Generated from specs/trading/trail_stop.yaml. To change it, change the spec
and run: architect generate trail_stop
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "distance > 0",
        "min_move >= 0",
        "tick_size > 0",
    ],
    ensures=[
        'result >= stop_price if side == "long" else result <= stop_price',
    ],
    on_failure="stop_price",
)
def trail_stop(
    side: Literal["long", "short"],
    stop_price: Decimal,
    mark_price: Decimal,
    distance: Decimal,
    min_move: Decimal,
    tick_size: Decimal,
) -> Decimal:
    """Where the stop of a trade stands now, after the price has moved.

    Args:
        side: direction of the trade
        stop_price (USD): where it stands
        mark_price (USD): price now
        distance (USD): kept from the mark price
        min_move (USD): smaller moves are not worth an order
        tick_size (USD): prices are multiples of it

    Returns:
        USD: stop_price or a better one
    """
    if side == "long":
        ticks = ((mark_price - distance) / tick_size).to_integral_value(ROUND_FLOOR)
        better = ticks * tick_size - stop_price
    else:
        ticks = ((mark_price + distance) / tick_size).to_integral_value(ROUND_CEILING)
        better = stop_price - ticks * tick_size
    return ticks * tick_size if better >= min_move and better > 0 else stop_price


__all__ = ["trail_stop"]
# From its recorded reply, byte for byte: architect rebuild trail_stop
