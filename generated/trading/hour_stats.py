"""How the trades went that closed in one hour of the day, UTC.

Generated from specs/trading/hour_stats.yaml. To change it, change the spec
and run: architect generate hour_stats
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "0 <= hour <= 23",
        "0 <= wins <= trades",
    ],
)
class HourStats:
    """How the trades went that closed in one hour of the day, UTC.

    Attributes:
        hour (UTC): 0 to 23
        trades: how many closed
        wins: how many of them made money after costs
        win_rate: wins / trades, 0 to 1
        net_usd (USD): P&L after fees and funding
    """

    hour: int
    trades: int
    wins: int
    win_rate: float
    net_usd: Decimal


__all__ = ["HourStats"]
# From its spec, byte for byte: architect rebuild hour_stats
