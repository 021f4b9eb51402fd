"""A whole strategy, the position that it wants after each candle.

Generated from specs/trading/ema_cross.yaml. To change it, change the spec
and run: architect generate ema_cross
"""

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
        "(close > 0).all()",
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
    quick, calm, strength = ema(close, fast), ema(close, slow), rsi(close, rsi_length)
    was_below = quick.shift(1) <= calm.shift(1)
    was_above = quick.shift(1) >= calm.shift(1)
    up = (quick > calm) & was_below & (strength < 70)
    down = (quick < calm) & was_above & (strength > 30)
    wish = pd.Series(float("nan"), index=close.index).mask(up, 1.0).mask(down, -1.0)
    return wish.ffill().fillna(0.0)


__all__ = ["ema_cross"]
# From its recorded reply, byte for byte: architect rebuild ema_cross
