"""Volume of each candle over the mean volume of the `window` candles before it.

Generated from specs/trading/volume_spike.yaml. To change it, change the spec
and run: architect generate volume_spike
"""

import numpy as np
import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "window >= 1",
        "(volume.to_numpy() >= 0).all()",
    ],
    ensures=[
        "len(result) == len(volume)",
    ],
)
def volume_spike(volume: pd.Series, window: int) -> pd.Series:
    """Volume of each candle over the mean volume of the `window` candles before it.

    Args:
        volume (coins): traded, oldest first, 0 or more
        window (candles): how many candles before

    Returns:
        one ratio a candle, 1 is usual
    """
    padded = np.concatenate([np.full(window, np.nan), volume.to_numpy()])
    mean = np.convolve(padded, np.ones(window), "valid")[:-1] / window
    return volume / np.where(mean > 0, mean, np.nan)


__all__ = ["volume_spike"]
# From its recorded reply, byte for byte: architect rebuild volume_spike
