"""The statistics of one hour of the day from what its trades made.

Generated from specs/trading/hour_summary.yaml. To change it, change the spec
and run: architect generate hour_summary
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.hour_stats import HourStats
from generated.trading.wilson_interval import wilson_interval


@module(
    kind="function",
    requires=[
        "0 <= hour <= 23",
        "len(nets_usd) > 0",
        "z > 0",
    ],
)
def hour_summary(
    hour: int, nets_usd: list[Decimal], z: float = 1.959963984540054
) -> HourStats:
    """The statistics of one hour of the day from what its trades made.

    Args:
        hour (UTC): 0 to 23
        nets_usd (USD): net result of each trade, one or more
        z: normal quantile of the interval, 1.96 for 95 percent

    Returns:
        of this hour
    """
    trades, wins = len(nets_usd), sum(net > 0 for net in nets_usd)
    return HourStats(
        hour=hour,
        trades=trades,
        wins=wins,
        win_rate=wins / trades,
        win_low=wilson_interval(wins, trades, z)[0],
        win_high=wilson_interval(wins, trades, z)[1],
        net_usd=sum(nets_usd, Decimal(0)),
    )


__all__ = ["hour_summary"]
# From its recorded reply, byte for byte: architect rebuild hour_summary
