"""The knobs of the entry decision. Fractions are fractions, times are in candles or ms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

CANDLE_MS = 300_000
DAY_MS = 86_400_000

# Fields of EntryCriteria: what an entry must fulfil, and how far that may be relaxed.
NORMAL = {
    "max_rsi": 70.0,
    "max_vwap_distance": 2.0,
    "max_band_excess": 0.0,
    "min_volume_ratio": 1.2,
    "min_model_score": 0.25,
}
LOOSEST = {
    "max_rsi": 80.0,
    "max_vwap_distance": 4.0,
    "max_band_excess": 0.25,
    "min_volume_ratio": 0.8,
    "min_model_score": 0.1,
}


@dataclass(frozen=True, slots=True)
class EntryConfig:
    """Defaults are those of the literature where it has some, else cautious.

    Attributes:
        normal: the criteria without any relaxing; `loosest` are never passed.
        flex_quiet_ms: pause without entries after which criteria are relaxed.
        flex_max_losses: losses in a row after which they are not.
        history_ms: how far before the newest trade others count for the hours of the day.
        heatmap_z: normal quantile of an hour's win rate. 24 hours are tested at once, so
            it is that of 95 percent for all of them together (Bonferroni: 0.025 / 24).
        recent_trades: closed trades that count for win rate and streak.
        evidence_trades: so many of them tell what wins and losses are worth; with fewer,
            stops and takes do.
        max_risk_frac: of equity, never more at stake in one trade by its stop.
        cluster_gap_ms: trades opened within it of each other are one bet.
    """

    bollinger_window: int = 20
    bollinger_deviations: float = 2.0
    macd_fast: int = 12
    macd_slow: int = 26
    macd_signal: int = 9
    normal: Mapping[str, float] = field(default_factory=lambda: dict(NORMAL))
    loosest: Mapping[str, float] = field(default_factory=lambda: dict(LOOSEST))
    flex_quiet_ms: int = 36 * CANDLE_MS
    flex_step_ms: int = 12 * CANDLE_MS
    flex_steps: int = 4
    flex_max_losses: int = 3
    history_ms: int = 60 * DAY_MS
    heatmap_z: float = 3.07809
    recent_trades: int = 50
    evidence_trades: int = 20
    max_risk_frac: Decimal = Decimal("0.02")
    gain_frac: Decimal = Decimal("0.1")
    loss_frac: Decimal = Decimal("0.25")
    lowest_scale: Decimal = Decimal("0.25")
    highest_scale: Decimal = Decimal("1.5")
    cluster_gap_ms: int = 3 * CANDLE_MS
    cluster_at_most: int = 3
