"""Which candles a backtest trades in, and which before them its indicators warm up on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ConfigError
from core.trading.backtest.run import PAPER, Setup
from core.trading.candles import Candles
from core.trading.paper import PaperConfig
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.market import READY

WARMUP = 300


def time_ms(text: str) -> int:
    """Return UTC milliseconds of `2025-04-03` or an ISO 8601 time; ConfigError if neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no date", hint="such as 2025-04-03") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)


def setup_of(
    root: Path,
    candles: Mapping[str, Candles],
    config: TraderConfig,
    period: tuple[int, int],
    *,
    paper: PaperConfig = PAPER,
    label: str = "",
    every_candle: bool = False,
) -> Setup:
    """Return the setup that trades in [start, end), UTC ms.

    Candles before the start warm the indicators up; where there are too few of them,
    trading begins later. ConfigError if nothing is left to trade in.
    """
    first = next(iter(candles.values()))
    if first.interval_ms != CANDLE_MS:
        raise ConfigError(
            f"candles of {first.interval_ms // 60_000} minutes",
            hint=f"the trading loop works on candles of {CANDLE_MS // 60_000} minutes",
        )
    start, end = first.time_ms.searchsorted(period)
    before = max(int(start), READY if period[0] > first.time_ms[0] else WARMUP)
    if before >= end:
        raise ConfigError(
            f"{int(end - start)} candles in the period, and {before} to warm up on"
        )
    cut = max(0, before - config.lookback)
    from_ms, to_ms = int(first.time_ms[cut]), int(first.time_ms[end - 1]) + 1
    shown = {symbol: c.between(from_ms, to_ms) for symbol, c in candles.items()}
    return Setup(
        root, shown, config, replace(paper, warmup=before - cut), label, every_candle
    )
