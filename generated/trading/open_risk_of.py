"""What a position still loses if the price goes from the mark to the stop.

Generated from specs/trading/open_risk_of.yaml. To change it, change the spec
and run: architect generate open_risk_of
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "mark_price > 0",
    ],
    ensures=[
        "result >= 0",
    ],
    on_failure="abs(position.size) * mark_price",
)
def open_risk_of(
    position: Position, stop_price: Decimal | None, mark_price: Decimal
) -> Decimal:
    """What a position still loses if the price goes from the mark to the stop.

    Args:
        position: what is held
        stop_price (USD): where it is given up, None without a stop
        mark_price (USD): price now

    Returns:
        USD: 0 or more
    """
    if stop_price is None:
        return abs(position.size) * mark_price
    return max(Decimal(0), position.size * (mark_price - stop_price))


__all__ = ["open_risk_of"]
# From its recorded reply, byte for byte: architect rebuild open_risk_of
