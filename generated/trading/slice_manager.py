"""The size of the next slice of an execution, 0 when nothing is to be sent now.

Generated from specs/trading/slice_manager.yaml. To change it, change the spec
and run: architect generate slice_manager
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.round_down import round_down
from generated.trading.size_due import size_due
from generated.trading.slice_plan import SlicePlan
from generated.trading.slippage_frac import slippage_frac


@module(
    kind="function",
    requires=[
        "filled >= 0",
        "price > 0",
        "size_step > 0",
    ],
    ensures=[
        "0 <= result <= plan.clip_size",
        "result == 0 or filled + result <= plan.size",
    ],
    on_failure="Decimal(0)",
)
def slice_manager(
    plan: SlicePlan, filled: Decimal, price: Decimal, now_ms: int, size_step: Decimal
) -> Decimal:
    """The size of the next slice of an execution, 0 when nothing is to be sent now.

    Args:
        plan: of the execution
        filled (coins): by the slices before
        price (USD): where the market is now: the last fill or the touch
        now_ms (UTC ms): when it is asked
        size_step (coins): sizes are multiples of it

    Returns:
        coins: a multiple of size_step, at most clip_size
    """
    if slippage_frac(plan.side, plan.decision_price, price) > plan.max_slippage_frac:
        return Decimal(0)
    due = size_due(plan, now_ms) - filled
    return round_down(min(plan.clip_size, max(due, Decimal(0))), size_step)


__all__ = ["slice_manager"]
# From its recorded reply, byte for byte: architect rebuild slice_manager
