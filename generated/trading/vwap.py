"""Rolling volume-weighted average price of the last `window` candles.

Generated from specs/trading/vwap.yaml. To change it, change the spec
and run: architect generate vwap
"""

import numpy as np
import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "window >= 1",
        "len(high) == len(low) == len(close) == len(volume)",
        "(volume.to_numpy() >= 0).all()",
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
    pad, ones, traded = np.full(window, np.nan), np.ones(window), volume.to_numpy()
    typical = (high.to_numpy() + low.to_numpy() + close.to_numpy()) / 3
    worth = np.convolve(np.concatenate([pad, typical * traded]), ones, "valid")[1:]
    volumes = np.convolve(np.concatenate([pad, traded]), ones, "valid")[1:]
    return pd.Series(worth / np.where(volumes > 0, volumes, np.nan), index=close.index)


__all__ = ["vwap"]
# From its recorded reply, byte for byte: architect rebuild vwap
