"""Relative strength index of closing prices, 0 to 100.

Generated from specs/trading/rsi.yaml. To change it, change the spec
and run: architect generate rsi
"""

import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "length >= 2",
        "(close > 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
    ],
)
def rsi(close: pd.Series, length: int = 14) -> pd.Series:
    """Relative strength index of closing prices, 0 to 100.

    Args:
        close (USD): closing prices, oldest first
        length (candles): smoothing length

    Returns:
        one value a candle, 0 to 100
    """
    change = close.diff().fillna(0.0)
    up, down = change.clip(lower=0), (-change).clip(lower=0)
    gain = up.ewm(alpha=1 / length, min_periods=length, adjust=False).mean()
    loss = down.ewm(alpha=1 / length, min_periods=length, adjust=False).mean()
    return (100 - 100 / (1 + gain / loss)).where(loss != 0, 100.0)


__all__ = ["rsi"]
# From its recorded reply, byte for byte: architect rebuild rsi
