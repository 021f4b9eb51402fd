"""One symbol at the close of one candle, as its indicators see it.

A number is NaN while its indicator warms up.

Generated from specs/trading/market_view.yaml. To change it, change the spec
and run: architect generate market_view
"""

from core.records import record


@record()
class MarketView:
    """One symbol at the close of one candle, as its indicators see it.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        close (USD): closing price
        ema_fast (USD): EMA with the shorter span
        ema_slow (USD): EMA with the longer span
        macd_histogram (USD): MACD line less its signal
        rsi: 0 to 100
        vwap (USD): volume-weighted average price
        bollinger_low (USD): lower Bollinger band
        bollinger_high (USD): upper Bollinger band
        volume_ratio: volume over the mean of the candles before
        volatility_frac (per candle): standard deviation of log returns
        hour_weight: of this hour of the day, 0 (no entry) to 1
        model_score: the model's, 0 to 1, 0.5 is neutral
    """

    symbol: str
    close: float
    ema_fast: float
    ema_slow: float
    macd_histogram: float
    rsi: float
    vwap: float
    bollinger_low: float
    bollinger_high: float
    volume_ratio: float
    volatility_frac: float
    hour_weight: float
    model_score: float


__all__ = ["MarketView"]
# From its spec, byte for byte: architect rebuild market_view
