"""Whether every number of a market view is known and gives a scale to measure by.

Generated from specs/trading/view_ready.yaml. To change it, change the spec
and run: architect generate view_ready
"""

import math

from core.wrapper import module
from generated.trading.market_view import MarketView


@module(
    kind="function",
    on_failure="False",
)
def view_ready(view: MarketView) -> bool:
    """Whether every number of a market view is known and gives a scale to measure by.

    Args:
        view: one symbol at the close of one candle

    Returns:
        whether an entry may be judged by it
    """
    prices = (
        view.close + view.ema_fast + view.ema_slow + view.vwap + view.macd_histogram
    )
    bands = view.bollinger_low + view.bollinger_high
    rates = view.rsi + view.volume_ratio + view.volatility_frac
    known = math.isfinite(prices + bands + rates + view.hour_weight + view.model_score)
    return (
        known and view.volatility_frac > 0 and view.bollinger_high > view.bollinger_low
    )


__all__ = ["view_ready"]
# From its recorded reply, byte for byte: architect rebuild view_ready
