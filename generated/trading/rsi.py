"""Relative strength index of closing prices, 0 to 100.

Generated from specs/trading/rsi.yaml. To change it, change the spec
and run: architect generate rsi
"""

import numpy as np
import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "length >= 2",
        "(close.to_numpy() > 0).all()",
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
    price = close.to_numpy()
    change = np.diff(price, prepend=price[:1])
    moves = pd.DataFrame(
        np.column_stack([np.maximum(change, 0), np.maximum(-change, 0)])
    )
    means = moves.ewm(alpha=1 / length, min_periods=length, adjust=False).mean()
    gain, loss = means.to_numpy().T
    strength = 100 - 100 / (1 + gain / np.where(loss == 0, np.nan, loss))
    return pd.Series(np.where(loss == 0, 100.0, strength), index=close.index)


__all__ = ["rsi"]
# From its recorded reply, byte for byte: architect rebuild rsi
