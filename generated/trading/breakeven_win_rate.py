"""The win rate at which trades like these would make nothing.

Generated from specs/trading/breakeven_win_rate.yaml. To change it, change the spec
and run: architect generate breakeven_win_rate
"""

from decimal import Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "0 < default_frac <= 1",
        "min_trades >= 1",
    ],
    ensures=[
        "0 < result <= 1",
    ],
    on_failure="default_frac",
)
def breakeven_win_rate(
    nets_usd: list[Decimal], default_frac: float, min_trades: int
) -> float:
    """The win rate at which trades like these would make nothing.

    Args:
        nets_usd (USD): net result of each closed trade, in any order
        default_frac: what is taken without evidence, 0 to 1
        min_trades: evidence that is needed, 1 or more

    Returns:
        win rate, above 0 and up to 1
    """
    wins = [net for net in nets_usd if net > 0]
    losses = [-net for net in nets_usd if net <= 0]
    if len(nets_usd) < min_trades or not wins or sum(losses) == 0:
        return default_frac
    won, lost = sum(wins) / len(wins), sum(losses) / len(losses)
    return float(lost / (won + lost))


__all__ = ["breakeven_win_rate"]
# From its recorded reply, byte for byte: architect rebuild breakeven_win_rate
