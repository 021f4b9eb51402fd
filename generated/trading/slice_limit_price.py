"""The worst price that a slice may get, so that its fill cannot pass the slippage.

Generated from specs/trading/slice_limit_price.yaml. To change it, change the spec
and run: architect generate slice_limit_price
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.wrapper import module
from generated.trading.slice_plan import SlicePlan


@module(
    kind="function",
    requires=[
        "tick_size > 0",
    ],
    ensures=[
        "result >= tick_size",
    ],
)
def slice_limit_price(plan: SlicePlan, tick_size: Decimal) -> Decimal:
    """The worst price that a slice may get, so that its fill cannot pass the slippage.

    Args:
        plan: of the execution
        tick_size (USD): prices are multiples of it

    Returns:
        USD: a multiple of tick_size
    """
    buying = plan.side == "buy"
    share = plan.max_slippage_frac if buying else -plan.max_slippage_frac
    ticks = plan.decision_price * (1 + share) / tick_size
    rounding = ROUND_FLOOR if buying else ROUND_CEILING
    return max(ticks.to_integral_value(rounding) * tick_size, tick_size)


__all__ = ["slice_limit_price"]
# From its recorded reply, byte for byte: architect rebuild slice_limit_price
