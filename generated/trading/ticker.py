"""The newest prices of one perpetual.

Generated from specs/trading/ticker.yaml. To change it, change the spec
and run: architect generate ticker
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "mark_price >= 0",
    ],
)
class Ticker:
    """The newest prices of one perpetual.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        mark_price (USD): what positions are valued at
        bid (USD): best bid
        ask (USD): best ask
        last (USD): last trade
        volume_24h (coins): traded in 24 hours
        open_24h (USD): price 24 hours ago
        funding_frac (per hour): relative rate, positive: longs pay shorts
        time_ms (UTC ms): of these prices
        suspended: not tradeable now
    """

    symbol: str
    mark_price: Decimal
    bid: Decimal
    ask: Decimal
    last: Decimal
    volume_24h: Decimal
    open_24h: Decimal
    funding_frac: Decimal
    time_ms: int
    suspended: bool


__all__ = ["Ticker"]
# From its spec, byte for byte: architect rebuild ticker
