"""What a curve of equity amounts to: return, risk, and how sure that is.

Ratios are of daily returns (UTC days), a year has 365 of them, and the riskless rate is
zero. A drawdown is by candle, at their closes. Intervals are percentiles of a circular
block bootstrap of whole days, which keeps what one day owes to the day before; each is of
the very figure that it stands beside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

YEAR_DAYS = 365
DAY_MS = 86_400_000
BLOCK_DAYS, RESAMPLES, SEED = 5, 2000, 0
LEAST_DAYS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one curve. A figure that does not exist is NaN: a Sharpe ratio of no movement.

    Attributes:
        cagr_frac: a year, compounded; of a short history a large figure and a poor one.
        max_drawdown_frac: largest fall from a peak, by candle closes, positive.
        calmar: cagr_frac over max_drawdown_frac.
    """

    net_frac: float
    cagr_frac: float
    sharpe: float
    sortino: float
    calmar: float
    max_drawdown_frac: float


def figures(time_ms: NDArray[np.int64], equity: Floats) -> Figures:
    """Return the figures of an equity curve of at least two candles."""
    returns = daily_returns(time_ms, equity)
    net = float(equity[-1] / equity[0] - 1)
    years = (int(time_ms[-1]) - int(time_ms[0])) / DAY_MS / YEAR_DAYS
    cagr = -1.0 if net <= -1 else float((1 + net) ** (1 / years) - 1)
    fall = max_drawdown(equity)
    calmar = cagr / fall if fall else math.nan
    return Figures(net, cagr, sharpe(returns), sortino(returns), calmar, fall)


def daily_returns(time_ms: NDArray[np.int64], equity: Floats) -> Floats:
    """Return the return of each UTC day, the first and last in part.

    Where nothing was left of the equity, 0: nothing is made of nothing.
    """
    values = equity[_day_ends(time_ms)]
    return _over(values[1:], values[:-1]) - 1


def _day_ends(time_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places at which the days end, before them that of the start."""
    days = (time_ms - 1) // DAY_MS
    last = np.flatnonzero(np.diff(days, append=days[-1] + 1))
    return last if last[0] == 0 else np.concatenate(([0], last))


def _over(values: Floats, begun: Floats) -> Floats:
    return np.divide(values, begun, out=np.ones_like(begun), where=begun > 0)


@dataclass(frozen=True, eq=False)
class Days:
    """What each UTC day did to the equity that it began with, as fractions of it.

    `lows` and `highs` are the least and the most of it by candle closes, its beginning
    included; `falls` are the largest falls from a peak of the same day. From these the
    drawdown by candle follows of days in any order.
    """

    returns: Floats
    lows: Floats
    highs: Floats
    falls: Floats

    def in_order(self, rows: NDArray[np.int64]) -> Days:
        """Return the days of these places, in their order."""
        parts = (self.returns, self.lows, self.highs, self.falls)
        return Days(*(part[rows] for part in parts))

    def max_drawdown(self) -> float:
        """Return the largest fall from a peak by candle closes, over all the days."""
        path = np.concatenate(([1.0], np.cumprod(1 + self.returns)))[:-1]
        reached = np.concatenate(([1.0], path * self.highs))[:-1]
        peaks = np.maximum.accumulate(reached)
        below = 1 - path * self.lows / peaks
        return float(np.maximum(below, self.falls).max())


def days_of(time_ms: NDArray[np.int64], equity: Floats) -> Days:
    """Return the days of an equity curve, the first and last in part."""
    ends = _day_ends(time_ms)
    spans = [slice(a, b + 1) for a, b in pairwise(ends)]
    begun = equity[ends[:-1]]
    return Days(
        daily_returns(time_ms, equity),
        _over(np.array([equity[span].min() for span in spans]), begun),
        _over(np.array([equity[span].max() for span in spans]), begun),
        np.array([max_drawdown(equity[span]) for span in spans]),
    )


def sharpe(returns: Floats) -> float:
    """Return the yearly Sharpe ratio of daily returns."""
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / spread * math.sqrt(YEAR_DAYS) if spread else math.nan


def sortino(returns: Floats) -> float:
    """Return the yearly Sortino ratio: over the root mean square of the losses."""
    if not len(returns):
        return math.nan
    below = math.sqrt(float(np.square(np.minimum(returns, 0)).mean()))
    return float(returns.mean()) / below * math.sqrt(YEAR_DAYS) if below else math.nan


def max_drawdown(equity: Floats) -> float:
    """Return the largest fall from a peak, as a fraction of the peak."""
    peaks = np.maximum.accumulate(equity)
    return float((1 - _over(equity, peaks)).max())


Interval = tuple[float, float]


def intervals(
    mine: Days, benchmark: Floats, level: float = 0.95
) -> dict[str, Interval]:
    """Return bootstrap intervals of the figures of days; none of under ten days.

    `ahead_frac` is the net return less the benchmark's, of whose daily returns the same
    days are drawn. A figure that exists in no resample has no interval.
    """
    if len(mine.returns) < LEAST_DAYS:
        return {}
    drawn: dict[str, list[float]] = {}
    for rows in _blocks(len(mine.returns)):
        for name, value in _resampled(mine.in_order(rows), benchmark[rows]).items():
            drawn.setdefault(name, []).append(value)
    tail = (1 - level) / 2
    return {
        name: _between(np.array(values), tail)
        for name, values in drawn.items()
        if not np.isnan(values).all()
    }


def _resampled(mine: Days, theirs: Floats) -> dict[str, float]:
    net = float(np.prod(1 + mine.returns)) - 1
    return {
        "net_frac": net,
        "ahead_frac": net - (float(np.prod(1 + theirs)) - 1),
        "sharpe": sharpe(mine.returns),
        "sortino": sortino(mine.returns),
        "max_drawdown_frac": mine.max_drawdown(),
    }


def _blocks(days: int) -> Iterator[NDArray[np.int64]]:
    """Yield RESAMPLES rows of day numbers, drawn in circular blocks."""
    block = min(BLOCK_DAYS, days)
    draws = np.random.default_rng(SEED)
    for _ in range(RESAMPLES):
        starts = draws.integers(0, days, size=-(-days // block))
        yield (starts[:, None] + np.arange(block)).ravel()[:days] % days


def _between(values: Floats, tail: float) -> Interval:
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
