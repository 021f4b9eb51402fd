"""Cut an order into slices, so that none is larger than a clip.

Generated from specs/trading/slice_manager.yaml. To change it, change the spec
and run: architect generate slice_manager
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.round_down import round_down


@module(
    kind="function",
    requires=[
        "size >= 0",
        "size_step > 0",
        "clip_size >= size_step",
    ],
    ensures=[
        "all(0 < part <= clip_size for part in result)",
        "sum(result) <= size",
    ],
    on_failure="[]",
)
def slice_manager(
    size: Decimal, clip_size: Decimal, size_step: Decimal
) -> list[Decimal]:
    """Cut an order into slices, so that none is larger than a clip.

    Args:
        size (coins): what to trade in all, 0 or more
        clip_size (coins): largest slice, at least one step
        size_step (coins): slices are multiples of it

    Returns:
        coins: slices in the order of sending, their sum is the rounded size
    """
    clip = round_down(clip_size, size_step)
    total = round_down(size, size_step)
    rest = total % clip
    slices = [clip] * int(total // clip)
    return [*slices, rest] if rest > 0 else slices


__all__ = ["slice_manager"]
# From its recorded reply, byte for byte: architect rebuild slice_manager
