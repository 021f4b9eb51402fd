"""How much of an execution is due to have been filled by now.

Generated from specs/trading/size_due.yaml. To change it, change the spec
and run: architect generate size_due
"""

import math
from decimal import Decimal

from core.wrapper import module
from generated.trading.slice_plan import SlicePlan


@module(
    kind="function",
    on_failure="Decimal(0)",
)
def size_due(plan: SlicePlan, now_ms: int) -> Decimal:
    """How much of an execution is due to have been filled by now.

    Args:
        plan: of the execution
        now_ms (UTC ms): when it is asked

    Returns:
        coins: above 0, at most the plan's size
    """
    if plan.duration_ms == 0:
        return plan.size
    slices = math.ceil(plan.size / plan.clip_size)
    due = 1 + (now_ms - plan.started_ms) * slices // plan.duration_ms
    return min(plan.size, plan.clip_size * min(max(due, 1), slices))


__all__ = ["size_due"]
# From its recorded reply, byte for byte: architect rebuild size_due
