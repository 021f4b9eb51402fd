"""How the closed trades went by the hour of the day, UTC, in which they closed.

Generated from specs/trading/hourly_heatmap.yaml. To change it, change the spec
and run: architect generate hourly_heatmap
"""

from collections import defaultdict

from core.wrapper import module
from generated.trading.hour_stats import HourStats
from generated.trading.hour_summary import hour_summary
from generated.trading.trade import Trade


@module(
    kind="function",
    on_failure="[]",
)
def hourly_heatmap(trades: list[Trade]) -> list[HourStats]:
    """How the closed trades went by the hour of the day, UTC, in which they closed.

    Args:
        trades: open and closed ones, in any order

    Returns:
        hours without closed trades are left out
    """
    nets = defaultdict(list)
    for trade in trades:
        if trade.closed_ms is not None:
            net = trade.realised_usd - trade.fees_usd + trade.funding_usd
            nets[trade.closed_ms // 3_600_000 % 24].append(net)
    return [hour_summary(hour, nets[hour]) for hour in sorted(nets)]


__all__ = ["hourly_heatmap"]
# From its recorded reply, byte for byte: architect rebuild hourly_heatmap
