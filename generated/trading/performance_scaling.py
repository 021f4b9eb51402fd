"""The factor by which risk is scaled up on winning streaks and down on losing ones.

Generated from specs/trading/performance_scaling.yaml. To change it, change the spec
and run: architect generate performance_scaling
"""

from decimal import Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "0 <= gain_frac",
        "0 <= loss_frac <= 1",
        "0 < lowest <= 1 <= highest",
    ],
    ensures=[
        "lowest <= result <= highest",
    ],
    on_failure="lowest",
)
def performance_scaling(
    streak: int,
    gain_frac: Decimal,
    loss_frac: Decimal,
    lowest: Decimal,
    highest: Decimal,
) -> Decimal:
    """The factor by which risk is scaled up on winning streaks and down on losing ones.

    Args:
        streak: wins in a row; negative: losses in a row
        gain_frac: added for each win
        loss_frac: taken off for each loss, of what is left
        lowest: smallest factor, above 0
        highest: largest factor, 1 or more

    Returns:
        factor, 1 leaves the risk as it is
    """
    factor = 1 + gain_frac * streak
    if streak < 0:
        factor = (1 - loss_frac) ** -streak
    return min(max(factor, lowest), highest)


__all__ = ["performance_scaling"]
# From its recorded reply, byte for byte: architect rebuild performance_scaling
