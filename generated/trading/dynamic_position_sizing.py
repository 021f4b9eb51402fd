"""The part of equity that one trade may lose, by model score and recent win rate.

Generated from specs/trading/dynamic_position_sizing.yaml. To change it, change the spec
and run: architect generate dynamic_position_sizing
"""

from decimal import ROUND_DOWN, Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "0 <= base_frac <= 1",
        "0 <= max_frac <= 1",
        "0 <= model_score <= 1",
        "0 <= wins <= trades",
    ],
    ensures=[
        "0 <= result <= max_frac",
    ],
    on_failure="Decimal(0)",
)
def dynamic_position_sizing(
    base_frac: Decimal, max_frac: Decimal, model_score: float, wins: int, trades: int
) -> Decimal:
    """The part of equity that one trade may lose, by model score and recent win rate.

    Args:
        base_frac: part of equity when nothing speaks for or against
        max_frac: never more than this part
        model_score: 0 to 1, 0.5 is neutral
        wins: recent trades that made money, 0 to trades
        trades: recent trades

    Returns:
        part of equity, 0 or more
    """
    rate = Decimal(wins + 10) / (trades + 20)
    half = Decimal("0.5")
    part = base_frac * (half + Decimal(str(model_score))) * (half + rate)
    return min(part, max_frac).quantize(Decimal("0.000001"), ROUND_DOWN)


__all__ = ["dynamic_position_sizing"]
# From its recorded reply, byte for byte: architect rebuild dynamic_position_sizing
