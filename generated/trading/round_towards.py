"""A price rounded to a tick in the direction of a target price.

Generated from specs/trading/round_towards.yaml. To change it, change the spec
and run: architect generate round_towards
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "tick_size > 0",
    ],
    reflect="none",
)
def round_towards(price: Decimal, target: Decimal, tick_size: Decimal) -> Decimal:
    """A price rounded to a tick in the direction of a target price.

    Args:
        price (USD): what to round
        target (USD): gives the direction
        tick_size (USD): above 0

    Returns:
        USD: a multiple of tick_size
    """
    rounding = ROUND_CEILING if price < target else ROUND_FLOOR
    rest = price % tick_size
    return price - rest + (rest / tick_size).to_integral_value(rounding) * tick_size


__all__ = ["round_towards"]
# From its recorded reply, byte for byte: architect rebuild round_towards
