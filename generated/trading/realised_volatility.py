"""Standard deviation of the last `window` log returns, per candle.

Generated from specs/trading/realised_volatility.yaml. To change it, change the spec
and run: architect generate realised_volatility
"""

import numpy as np
import pandas as pd

from core.wrapper import module


@module(
    kind="indicator",
    requires=[
        "window >= 2",
        "(close.to_numpy() > 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
    ],
)
def realised_volatility(close: pd.Series, window: int) -> pd.Series:
    """Standard deviation of the last `window` log returns, per candle.

    Args:
        close (USD): closing prices, oldest first
        window (returns): how many, 2 or more

    Returns:
        per candle: one fraction a candle, 0.01 is one percent
    """
    returns = np.diff(np.log(close.to_numpy()), prepend=np.nan)
    return pd.Series(returns, index=close.index).rolling(window).std()


__all__ = ["realised_volatility"]
# From its recorded reply, byte for byte: architect rebuild realised_volatility
