"""What a curve of equity amounts to: return, risk, and how sure that is.

Ratios are of daily returns (UTC days), a year has 365 of them, and the riskless rate is
zero. Intervals are percentiles of a circular block bootstrap of the daily returns, which
keeps what one day owes to the day before.
"""

from __future__ import annotations

import math
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
    draws = _blocks(len(returns))
    mine, theirs = returns[draws], benchmark[draws]
    paths = np.cumprod(1 + mine, axis=1)
    peaks = np.maximum.accumulate(np.maximum(paths, 1.0), axis=1)
    net = paths[:, -1] - 1
    found = {
        "net_frac": net,
        "ahead_frac": net - (np.prod(1 + theirs, axis=1) - 1),
        "sharpe": np.array([sharpe(row) for row in mine]),
        "sortino": np.array([sortino(row) for row in mine]),
        "max_drawdown_frac": ((peaks - paths) / peaks).max(axis=1),
    }
    tail = (1 - level) / 2
    return {name: _between(values, tail) for name, values in found.items()}


def _blocks(days: int) -> NDArray[np.int64]:
    """Return RESAMPLES rows of day numbers, drawn in circular blocks."""
    block = min(BLOCK_DAYS, days)
    starts = np.random.default_rng(SEED).integers(
        0, days, size=(RESAMPLES, -(-days // block))
    )
    rows = starts[:, :, None] + np.arange(block)
    drawn: NDArray[np.int64] = rows.reshape(RESAMPLES, -1)[:, :days] % days
    return drawn


def _between(values: Floats, tail: float) -> Interval:
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
