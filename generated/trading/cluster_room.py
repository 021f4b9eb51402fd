"""How many trades may still be opened into the cluster of this moment.

Generated from specs/trading/cluster_room.yaml. To change it, change the spec
and run: architect generate cluster_room
"""

from core.wrapper import module
from generated.trading.trade_cluster import TradeCluster


@module(
    kind="function",
    requires=[
        "gap_ms >= 0",
        "at_most >= 0",
    ],
    ensures=[
        "0 <= result <= at_most",
    ],
    on_failure="0",
)
def cluster_room(
    clusters: list[TradeCluster], now_ms: int, gap_ms: int, at_most: int
) -> int:
    """How many trades may still be opened into the cluster of this moment.

    Args:
        clusters: oldest first
        now_ms (UTC ms): now, not before any cluster
        gap_ms (ms): longest pause within a cluster
        at_most: trades of one cluster

    Returns:
        trades that may be opened, 0 or more
    """
    if not clusters or now_ms - clusters[-1].last_ms > gap_ms:
        return at_most
    return max(at_most - clusters[-1].trades, 0)


__all__ = ["cluster_room"]
# From its recorded reply, byte for byte: architect rebuild cluster_room
