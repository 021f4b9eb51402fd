"""How one execution is cut into slices, and when it is given up.

Generated from specs/trading/slice_plan.yaml. To change it, change the spec
and run: architect generate slice_plan
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record(
    requires=[
        "size > 0",
        "clip_size > 0",
        "decision_price > 0",
        "0 <= max_slippage_frac <= 1",
        "duration_ms >= 0",
    ],
)
class SlicePlan:
    """How one execution is cut into slices, and when it is given up.

    Attributes:
        side: direction
        size (coins): what is wanted in all
        clip_size (coins): largest slice
        decision_price (USD): price when it was decided
        max_slippage_frac: of decision_price; beyond it nothing more is sent
        started_ms (UTC ms): time of the first slice
        duration_ms (ms): time over which the slices are spread, 0 sends them at once
    """

    side: Literal["buy", "sell"]
    size: Decimal
    clip_size: Decimal
    decision_price: Decimal
    max_slippage_frac: Decimal
    started_ms: int
    duration_ms: int


__all__ = ["SlicePlan"]
# From its spec, byte for byte: architect rebuild slice_plan
