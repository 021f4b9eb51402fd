"""What holding one coin has cost in funding since the start: `paper.market`'s rule at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.trading.candles import Candles
from core.trading.paper import PaperConfig
from core.trading.paper.books import HOUR_MS
from core.trading.paper.market import BASE_FRAC, CAP_FRAC, TREND_HOURS, TREND_WEIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def funding_to(candles: Candles, paper: PaperConfig) -> Floats:
    """Return USD a coin, paid by longs, up to the open of each candle and the last close."""
    start_ms, interval_ms = int(candles.time_ms[0]), candles.interval_ms
    times = start_ms + interval_ms * np.arange(len(candles) + 1, dtype=np.int64)
    first, last = start_ms // HOUR_MS, int(times[-1]) // HOUR_MS
    hours = np.arange(first, last + 1, dtype=np.int64)
    rates = _rates(candles, paper, hours)
    before = np.concatenate(([0.0], np.cumsum(rates)[:-1]))
    place = times // HOUR_MS - first
    total: Floats = before[place] + rates[place] * (times % HOUR_MS) / HOUR_MS
    total -= total[0]
    return total


def _rates(candles: Candles, paper: PaperConfig, hours: NDArray[np.int64]) -> Floats:
    """Return the absolute rate of each hour, USD a coin."""
    price = _close_before(candles, hours * HOUR_MS)
    if paper.funding_frac is not None:
        return float(paper.funding_frac) * price
    earlier = _close_before(candles, (hours - TREND_HOURS) * HOUR_MS)
    frac = float(BASE_FRAC) + float(TREND_WEIGHT) * (price / earlier - 1)
    cap = float(CAP_FRAC)
    rates: Floats = np.round(np.clip(frac, -cap, cap), 9) * price
    return rates


def _close_before(candles: Candles, times: NDArray[np.int64]) -> Floats:
    index = (times - int(candles.time_ms[0])) // candles.interval_ms - 1
    close = candles.close[np.clip(index, 0, len(candles) - 1)]
    found: Floats = np.where(index < 0, candles.open[0], close)
    return found
