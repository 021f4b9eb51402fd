"""What a curve of equity amounts to: return, risk, and how sure that is.

Ratios are of daily returns (UTC days), a year has 365 of them, and the riskless rate is
zero. Intervals are percentiles of a circular block bootstrap of the daily returns, which
keeps what one day owes to the day before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
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
        max_drawdown_frac: largest fall from a peak, by candle, positive.
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
    """Return the return of each UTC day, the first and last in part."""
    days = (time_ms - 1) // DAY_MS
    last = np.flatnonzero(np.diff(days, append=days[-1] + 1))
    values = np.concatenate((equity[:1], equity[last[1:] if last[0] == 0 else last]))
    found: Floats = values[1:] / values[:-1] - 1
    return found


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
    return float(((peaks - equity) / peaks).max())


Interval = tuple[float, float]


def intervals(
    returns: Floats, benchmark: Floats, level: float = 0.95
) -> dict[str, Interval]:
    """Return bootstrap intervals of figures of daily returns; none of under ten days.

    `ahead_frac` is the net return less the benchmark's, both of the same days. The
    drawdown is of daily closes, so it is smaller than that of the candles.
    """
    if len(returns) < LEAST_DAYS:
        return {}
    drawn: dict[str, list[float]] = {}
    for rows in _blocks(len(returns)):
        for name, value in _resampled(returns[rows], benchmark[rows]).items():
            drawn.setdefault(name, []).append(value)
    tail = (1 - level) / 2
    return {name: _between(np.array(values), tail) for name, values in drawn.items()}


def _resampled(mine: Floats, theirs: Floats) -> dict[str, float]:
    path = np.cumprod(1 + mine)
    peaks = np.maximum.accumulate(np.maximum(path, 1.0))
    net = float(path[-1]) - 1
    return {
        "net_frac": net,
        "ahead_frac": net - (float(np.prod(1 + theirs)) - 1),
        "sharpe": sharpe(mine),
        "sortino": sortino(mine),
        "max_drawdown_frac": float(((peaks - path) / peaks).max()),
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
