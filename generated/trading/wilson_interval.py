"""Confidence interval of a win rate, which few trades leave wide.

Generated from specs/trading/wilson_interval.yaml. To change it, change the spec
and run: architect generate wilson_interval
"""

import math

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "0 <= wins <= trades",
        "z > 0",
    ],
    ensures=[
        "0 <= result[0] <= result[1] <= 1",
    ],
)
def wilson_interval(
    wins: int, trades: int, z: float = 1.959963984540054
) -> tuple[float, float]:
    """Confidence interval of a win rate, which few trades leave wide.

    Args:
        wins: trades that made money, 0 to trades
        trades: how many there were
        z: normal quantile, 1.96 for 95 percent

    Returns:
        lowest and highest win rate, 0 to 1
    """
    if trades == 0:
        return 0.0, 1.0
    rate, spread = wins / trades, z * z / trades
    centre = (rate + spread / 2) / (1 + spread)
    deviation = math.sqrt(rate * (1 - rate) / trades + spread / (4 * trades))
    half = z / (1 + spread) * deviation
    return max(centre - half, 0.0), min(centre + half, 1.0)


__all__ = ["wilson_interval"]
# From its recorded reply, byte for byte: architect rebuild wilson_interval
