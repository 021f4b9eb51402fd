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
        "0 <= win_low <= win_high <= 1",
    ],
)
class HourStats:
    """How the trades went that closed in one hour of the day, UTC.

    Attributes:
        hour (UTC): 0 to 23
        trades: how many closed
        wins: how many of them made money after costs
        win_rate: wins / trades, 0 to 1
        win_low: lowest win rate of the confidence interval
        win_high: highest win rate of the confidence interval
        net_usd (USD): P&L after fees and funding
    """

    hour: int
    trades: int
    wins: int
    win_rate: float
    win_low: float
    win_high: float
    net_usd: Decimal


__all__ = ["HourStats"]
# From its spec, byte for byte: architect rebuild hour_stats
