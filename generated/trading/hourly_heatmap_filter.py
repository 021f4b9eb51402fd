"""How much an entry in an hour of the day is worth, by how its trades went so far.

Generated from specs/trading/hourly_heatmap_filter.yaml. To change it, change the spec
and run: architect generate hourly_heatmap_filter
"""

from core.wrapper import module
from generated.trading.hour_stats import HourStats


@module(
    kind="function",
    requires=[
        "0 <= hour <= 23",
        "0 < required_frac <= 1",
    ],
    ensures=[
        "0 <= result <= 1",
    ],
    on_failure="0.0",
)
def hourly_heatmap_filter(
    hours: list[HourStats], hour: int, required_frac: float
) -> float:
    """How much an entry in an hour of the day is worth, by how its trades went so far.

    Args:
        hours: the heatmap, each hour at most once
        hour (UTC): of the entry, 0 to 23
        required_frac: win rate at which trades break even

    Returns:
        weight of an entry: 0 to 1
    """
    high = next((stats.win_high for stats in hours if stats.hour == hour), 1.0)
    if high < required_frac / 2:
        return 0.0
    return min(high / required_frac, 1.0)


__all__ = ["hourly_heatmap_filter"]
# From its recorded reply, byte for byte: architect rebuild hourly_heatmap_filter
