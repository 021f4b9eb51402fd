"""Rolling volume-weighted average price of the last `window` candles.

Generated from specs/trading/vwap.yaml. To change it, change the spec
and run: architect generate vwap
"""

import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "window >= 1",
        "len(high) == len(low) == len(close) == len(volume)",
        "(volume >= 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
    ],
)
def vwap(
    high: pd.Series, low: pd.Series, close: pd.Series, volume: pd.Series, window: int
) -> pd.Series:
    """Rolling volume-weighted average price of the last `window` candles.

    Args:
        high (USD): highest prices, oldest first
        low (USD): lowest prices
        close (USD): closing prices
        volume (coins): traded, 0 or more
        window (candles): length

    Returns:
        USD: one value a candle
    """
    typical = (high + low + close) / 3
    worth = (typical * volume).rolling(window).sum()
    traded = volume.rolling(window)
    return worth / traded.sum().where(traded.max() > 0)


__all__ = ["vwap"]
# From its recorded reply, byte for byte: architect rebuild vwap
