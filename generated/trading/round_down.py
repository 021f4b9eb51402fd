"""The largest multiple of a step that is not above a value.

Generated from specs/trading/round_down.yaml. To change it, change the spec
and run: architect generate round_down
"""

from decimal import Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "value >= 0",
        "step > 0",
    ],
    ensures=[
        "0 <= result <= value",
    ],
    on_failure="Decimal(0)",
    reflect="none",
)
def round_down(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of a step that is not above a value.

    Args:
        value: what to round, 0 or more
        step: above 0, need not be a power of ten

    Returns:
        a multiple of step
    """
    return value - value % step


__all__ = ["round_down"]
# From its recorded reply, byte for byte: architect rebuild round_down
