"""What the scanner ranks one symbol by.

A number that is not known is NaN.

Generated from specs/trading/market_stats.yaml. To change it, change the spec
and run: architect generate market_stats
"""

from core.records import record


@record()
class MarketStats:
    """What the scanner ranks one symbol by.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        volatility_frac (per candle): standard deviation of log returns
        volume_usd (USD): traded in 24 hours
        spread_frac: (ask - bid) / mark price
    """

    symbol: str
    volatility_frac: float
    volume_usd: float
    spread_frac: float


__all__ = ["MarketStats"]
# From its spec, byte for byte: architect rebuild market_stats
