"""The market as the entry decision sees it.

Indicators are functions of whole series, so one pass over a history gives for every
candle what the live system sees at its close.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.registry import Registry
from core.trading.trader.config import TraderConfig
from core.trading.trader.window import CandleWindow

if TYPE_CHECKING:
    import pandas as pd

# A model that was not asked is neither for an entry nor against it.
NEUTRAL = 0.5


def indicators(
    modules: Registry, config: TraderConfig, candles: CandleWindow
) -> dict[str, pd.Series]:
    """Return the indicators of MarketView by field, each a series as long as `candles`."""
    call, c, e = modules, config, config.entry
    high, low, close, volume = (
        candles[name] for name in ("high", "low", "close", "volume")
    )
    bands = call["bollinger"](close, e.bollinger_window, e.bollinger_deviations)
    macd = call["macd"](close, e.macd_fast, e.macd_slow, e.macd_signal)
    return {
        "close": close,
        "ema_fast": call["ema"](close, c.ema_fast),
        "ema_slow": call["ema"](close, c.ema_slow),
        "macd_histogram": macd["histogram"],
        "rsi": call["rsi"](close, c.rsi_length),
        "vwap": call["vwap"](high, low, close, volume, c.vwap_window),
        "bollinger_low": bands["lower"],
        "bollinger_high": bands["upper"],
        "volume_ratio": call["volume_spike"](volume, c.volume_window),
        "volatility_frac": call["realised_volatility"](close, c.volatility_window),
    }


def view_at(
    modules: Registry,
    symbol: str,
    series: dict[str, pd.Series],
    row: int,
    hour_weight: float,
) -> Any:
    """Return the MarketView at one candle (-1 is the last), the model not asked yet."""
    values = {name: float(column.iloc[row]) for name, column in series.items()}
    return view_of(modules, symbol, values, hour_weight)


def view_of(
    modules: Registry, symbol: str, values: Mapping[str, float], hour_weight: float
) -> Any:
    """Return the MarketView of these values of the indicators, the model not asked yet."""
    return modules.records["MarketView"](
        symbol=symbol, hour_weight=hour_weight, model_score=NEUTRAL, **values
    )
