"""Moving average convergence divergence of closing prices, with signal and histogram.

Generated from specs/trading/macd.yaml. To change it, change the spec
and run: architect generate macd
"""

import pandas as pd

from core.wrapper import module
from generated.trading.ema import ema


@module(
    kind="indicator",
    requires=[
        "1 <= fast < slow",
        "signal >= 1",
        "(close.to_numpy() > 0).all()",
    ],
    ensures=[
        "len(result) == len(close)",
    ],
)
def macd(
    close: pd.Series, fast: int = 12, slow: int = 26, signal: int = 9
) -> pd.DataFrame:
    """Moving average convergence divergence of closing prices, with signal and histogram.

    Args:
        close (USD): closing prices, oldest first
        fast (candles): shorter span, usually 12
        slow (candles): longer span, usually 26
        signal (candles): span of the signal, usually 9

    Returns:
        USD: columns line, signal, histogram; one row a candle
    """
    line = ema(close, fast) - ema(close, slow)
    smooth = line.ewm(span=signal, min_periods=signal, adjust=False).mean()
    return pd.DataFrame({"line": line, "signal": smooth, "histogram": line - smooth})


__all__ = ["macd"]
# From its recorded reply, byte for byte: architect rebuild macd
