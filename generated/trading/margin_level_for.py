"""The step of the margin schedule that holds for a notional.

Generated from specs/trading/margin_level_for.yaml. To change it, change the spec
and run: architect generate margin_level_for
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.margin_level import MarginLevel


@module(
    kind="function",
    requires=[
        "levels != []",
        "unique([level.from_usd for level in levels])",
    ],
)
def margin_level_for(levels: list[MarginLevel], notional_usd: Decimal) -> MarginLevel:
    """The step of the margin schedule that holds for a notional.

    Args:
        levels: the schedule
        notional_usd (USD): of the position

    Returns:
        one of levels
    """
    steps = sorted(levels, key=lambda level: level.from_usd)
    reached = [level for level in steps if level.from_usd <= notional_usd]
    return reached[-1] if reached else steps[0]


__all__ = ["margin_level_for"]
# From its recorded reply, byte for byte: architect rebuild margin_level_for
