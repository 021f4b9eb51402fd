"""How many trades in a row were won, or lost, up to the newest.

Generated from specs/trading/winning_streak.yaml. To change it, change the spec
and run: architect generate winning_streak
"""

from decimal import Decimal

from core.wrapper import module


@module(
    kind="function",
    ensures=[
        "abs(result) <= len(nets_usd)",
    ],
    on_failure="-len(nets_usd)",
)
def winning_streak(nets_usd: list[Decimal]) -> int:
    """How many trades in a row were won, or lost, up to the newest.

    Args:
        nets_usd (USD): net result of each closed trade, oldest first

    Returns:
        positive: wins in a row, negative: losses in a row
    """
    streak = 0
    for net in nets_usd:
        streak = max(streak, 0) + 1 if net > 0 else min(streak, 0) - 1
    return streak


__all__ = ["winning_streak"]
# From its recorded reply, byte for byte: architect rebuild winning_streak
