"""Bollinger bands around the moving average of closing prices.

Generated from specs/trading/bollinger.yaml. To change it, change the spec
and run: architect generate bollinger
"""

import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "window >= 2",
        "deviations > 0",
        "(close.to_numpy() > 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
    ],
)
def bollinger(
    close: pd.Series, window: int = 20, deviations: float = 2.0
) -> pd.DataFrame:
    """Bollinger bands around the moving average of closing prices.

    Args:
        close (USD): closing prices, oldest first
        window (candles): length, usually 20
        deviations: half the width in standard deviations, usually 2

    Returns:
        USD: columns lower, middle, upper; one row a candle
    """
    closes = close.rolling(window)
    middle = closes.mean().to_numpy()
    width = deviations * closes.std(ddof=0).to_numpy()
    bands = {"lower": middle - width, "middle": middle, "upper": middle + width}
    return pd.DataFrame(bands, index=close.index)


__all__ = ["bollinger"]
# From its recorded reply, byte for byte: architect rebuild bollinger
