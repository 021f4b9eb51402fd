"""Which candles a backtest trades in, and which before them its indicators warm up on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.trading.backtest.run import PAPER, Setup
from core.trading.backtest.targets import TargetSetup
from core.trading.candles import Candles
from core.trading.dates import iso
from core.trading.paper import PaperConfig
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.market import READY

Period = tuple[int, int]
WARMUP, LOOKBACK = 300, 500


def setup_of(
    root: Path,
    candles: Mapping[str, Candles],
    config: TraderConfig,
    period: Period,
    *,
    paper: PaperConfig = PAPER,
    label: str = "",
    every_candle: bool = False,
) -> Setup:
    """Return the setup in which the trading loop trades in [start, end), UTC ms.

    ConfigError if nothing is left to trade in, or the candles are not the loop's.
    """
    first = next(iter(candles.values()))
    if first.interval_ms != CANDLE_MS:
        raise ConfigError(
            f"candles of {first.interval_ms // 60_000} minutes",
            hint=f"the trading loop works on candles of {CANDLE_MS // 60_000} minutes",
        )
    cut, warmup = _cut(first, period, config.lookback)
    shown = {symbol: c.between(*cut) for symbol, c in candles.items()}
    return Setup(
        root, shown, config, replace(paper, warmup=warmup), label, every_candle
    )


def target_setup_of(
    root: Path,
    candles: Candles,
    strategy: str,
    arguments: dict[str, Any],
    period: Period,
    *,
    paper: PaperConfig = PAPER,
    notional_frac: float = 1.0,
    label: str = "",
) -> TargetSetup:
    """Return the setup in which a strategy trades in [start, end), UTC ms.

    ConfigError if nothing is left to trade in.
    """
    cut, warmup = _cut(candles, period, LOOKBACK)
    return TargetSetup(
        root,
        candles.between(*cut),
        strategy,
        arguments,
        replace(paper, warmup=warmup),
        notional_frac,
        label,
    )


def _goes(candles: Candles) -> str:
    first, last = int(candles.time_ms[0]), int(candles.time_ms[-1])
    return f"the candles go from {iso(first)} to {iso(last)}, UTC"


def _cut(candles: Candles, period: Period, lookback: int) -> tuple[Period, int]:
    """Return the times of the candles to show, and how many of them only warm up.

    Candles before the start warm the indicators up; where there are too few of them,
    trading begins later.
    """
    times = candles.time_ms
    start, end = (int(place) for place in times.searchsorted(period))
    before = max(start, READY if period[0] > times[0] else WARMUP)
    if period[0] >= period[1]:
        raise ConfigError("--from is not before --to", hint=_goes(candles))
    if before >= end:
        text = f"{end - start} candles in the period, of which {before - start} warm up"
        raise ConfigError(text, hint=_goes(candles))
    first = max(0, before - lookback)
    return (int(times[first]), int(times[end - 1]) + 1), before - first
