"""A whole strategy, the position that it wants after each candle.

Generated from specs/trading/ema_cross.yaml. To change it, change the spec
and run: architect generate ema_cross
"""

import numpy as np
import pandas as pd

from core.wrapper import module
from generated.trading.ema import ema
from generated.trading.rsi import rsi


@module(
    kind="indicator",
    requires=[
        "fast >= 1",
        "slow >= 1",
        "rsi_length >= 2",
        "(close.to_numpy() > 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
        "result.isin([-1.0, 0.0, 1.0]).all()",
    ],
)
def ema_cross(
    close: pd.Series, fast: int = 9, slow: int = 21, rsi_length: int = 14
) -> pd.Series:
    """A whole strategy, the position that it wants after each candle.

    Args:
        close (USD): closing prices, oldest first
        fast (candles): span of the fast EMA
        slow (candles): span of the slow EMA
        rsi_length (candles): smoothing length of the RSI

    Returns:
        1, -1 or 0 for each candle
    """
    quick, calm = ema(close, fast).to_numpy(), ema(close, slow).to_numpy()
    strength = rsi(close, rsi_length).to_numpy()[1:]
    up = (quick > calm)[1:] & (quick <= calm)[:-1] & (strength < 70)
    down = (quick < calm)[1:] & (quick >= calm)[:-1] & (strength > 30)
    wish = np.where(up, 1.0, np.where(down, -1.0, np.nan))
    started = np.concatenate([[0.0], wish])[: len(close)]
    return pd.Series(started, index=close.index).ffill()


__all__ = ["ema_cross"]
# From its recorded reply, byte for byte: architect rebuild ema_cross
