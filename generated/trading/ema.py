"""Exponential moving average of closing prices.

Generated from specs/trading/ema.yaml. To change it, change the spec
and run: architect generate ema
"""

import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "span >= 1",
        "(close.to_numpy() > 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
    ],
)
def ema(close: pd.Series, span: int) -> pd.Series:
    """Exponential moving average of closing prices.

    Args:
        close (USD): closing prices, oldest first
        span (candles): length, 1 gives the close itself

    Returns:
        USD: one value a candle
    """
    return close.ewm(span=span, min_periods=span, adjust=False).mean()


__all__ = ["ema"]
# From its recorded reply, byte for byte: architect rebuild ema
