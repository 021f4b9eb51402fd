"""Trades that were opened close together in time, which is one bet more than several.

Generated from specs/trading/trade_cluster.yaml. To change it, change the spec
and run: architect generate trade_cluster
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "first_ms <= last_ms",
        "trades >= 1",
    ],
)
class TradeCluster:
    """Trades that were opened close together in time, which is one bet more than several.

    Attributes:
        first_ms (UTC ms): when its first trade was opened
        last_ms (UTC ms): when its last trade was opened
        trades: how many
        symbols: of how many symbols
        wins: closed ones that made money after costs
        net_usd (USD): net of the closed ones
        score: mean score of the signals, 0 to 1
    """

    first_ms: int
    last_ms: int
    trades: int
    symbols: int
    wins: int
    net_usd: Decimal
    score: float


__all__ = ["TradeCluster"]
# From its spec, byte for byte: architect rebuild trade_cluster
