"""By how much equity may differ because prices moved between two calls.

Generated from specs/trading/mark_move_usd.yaml. To change it, change the spec
and run: architect generate mark_move_usd
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.position import Position


@module(
    kind="function",
    ensures=[
        "result >= 0",
    ],
    on_failure="Decimal(0)",
)
def mark_move_usd(
    positions: list[Position], before: dict[str, Decimal], after: dict[str, Decimal]
) -> Decimal:
    """By how much equity may differ because prices moved between two calls.

    Args:
        positions: what is held
        before (USD): mark prices at the first call
        after (USD): mark prices at the last call

    Returns:
        USD: 0 or more
    """
    move_usd = Decimal(0)
    for position in positions:
        if position.symbol in before and position.symbol in after:
            distance = after[position.symbol] - before[position.symbol]
            move_usd += abs(position.size * distance)
    return move_usd


__all__ = ["mark_move_usd"]
# From its recorded reply, byte for byte: architect rebuild mark_move_usd
