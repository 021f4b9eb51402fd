"""The deflated Sharpe ratio: is the best of many variants more than luck?

Bailey and Lopez de Prado, "The Deflated Sharpe Ratio" (2014). All ratios in here are of
one period (a day), not of a year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance

EULER = 0.5772156649015329
_NORMAL = NormalDist()


def deflated_sharpe(
    returns: Sequence[float], trials: int, variance_of_trials: float
) -> float:
    """Return the probability that the true ratio is above what the best by luck would be.

    `returns` are those of the chosen variant, `variance_of_trials` that of the ratios
    of all variants. NaN for fewer than three returns, or ones that do not differ.
    """
    ratio = one_period_sharpe(returns)
    if math.isnan(ratio):
        return math.nan
    mean = fmean(returns)
    second, third, fourth = (fmean((x - mean) ** n for x in returns) for n in (2, 3, 4))
    beaten = expected_best(trials, variance_of_trials)
    shape = (third / second**1.5, fourth / second**2)
    return probability_above(beaten, ratio, len(returns), *shape)


def expected_best(trials: int, variance_of_trials: float) -> float:
    """Return the Sharpe ratio that the best of `trials` without skill is expected to have."""
    if trials < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1 - 1 / trials)
    second = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance_of_trials) * ((1 - EULER) * first + EULER * second)


def variance_by_luck(periods: int) -> float:
    """Return the variance of the ratios of variants without skill, each of `periods` returns.

    That of the estimate (Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier",
    2012) at a true ratio of 0; NaN of fewer than two returns.
    """
    return 1 / (periods - 1) if periods > 1 else math.nan


def probability_above(
    beaten: float, ratio: float, periods: int, skew: float, kurtosis: float
) -> float:
    """Return the probability that the true ratio is above `beaten`.

    The estimate's variance is that of returns that are not normal; 3 is a normal kurtosis.
    """
    spread = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2
    return _NORMAL.cdf((ratio - beaten) * math.sqrt(periods - 1) / math.sqrt(spread))


def one_period_sharpe(returns: Sequence[float]) -> float:
    """Return mean over standard deviation; NaN where there is none."""
    if len(returns) < 3:
        return math.nan
    spread = math.sqrt(variance(returns))
    return fmean(returns) / spread if spread else math.nan
