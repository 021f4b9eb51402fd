"""How the closed trades went by the hour of the day, UTC.

Generated from specs/trading/hourly_heatmap.yaml. To change it, change the spec
and run: architect generate hourly_heatmap
"""

from collections import defaultdict
from typing import Literal

from core.wrapper import module
from generated.trading.hour_stats import HourStats
from generated.trading.hour_summary import hour_summary
from generated.trading.trade import Trade
from generated.trading.trade_net import trade_net


@module(
    kind="function",
    requires=[
        "z > 0",
    ],
    on_failure="[]",
)
def hourly_heatmap(
    trades: list[Trade],
    by: Literal["closed", "opened"] = "closed",
    z: float = 1.959963984540054,
) -> list[HourStats]:
    """How the closed trades went by the hour of the day, UTC.

    Args:
        trades: open and closed ones, in any order
        by: which time of a trade gives its hour
        z: normal quantile of the intervals, 1.96 for 95 percent

    Returns:
        hours without closed trades are left out
    """
    nets = defaultdict(list)
    for trade in trades:
        if trade.closed_ms is not None:
            at_ms = trade.opened_ms if by == "opened" else trade.closed_ms
            nets[at_ms // 3_600_000 % 24].append(trade_net(trade))
    return [hour_summary(hour, nets[hour], z) for hour in sorted(nets)]


__all__ = ["hourly_heatmap"]
# From its recorded reply, byte for byte: architect rebuild hourly_heatmap
