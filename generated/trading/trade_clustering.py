"""The times at which trades agreed, with the trades of each grouped.

Generated from specs/trading/trade_clustering.yaml. To change it, change the spec
and run: architect generate trade_clustering
"""

from core.wrapper import module
from generated.trading.cluster_summary import cluster_summary
from generated.trading.trade import Trade
from generated.trading.trade_cluster import TradeCluster


@module(
    kind="function",
    requires=[
        "gap_ms >= 0",
        "min_trades >= 1",
    ],
    on_failure="[]",
)
def trade_clustering(
    trades: list[Trade], gap_ms: int, min_trades: int = 1
) -> list[TradeCluster]:
    """The times at which trades agreed, with the trades of each grouped.

    Args:
        trades: open and closed ones, in any order
        gap_ms (ms): longest pause within a cluster
        min_trades: smaller clusters are left out, 1 keeps all

    Returns:
        oldest first
    """
    groups = []
    for trade in sorted(trades, key=lambda t: t.opened_ms):
        if groups and trade.opened_ms - groups[-1][-1].opened_ms <= gap_ms:
            groups[-1].append(trade)
        else:
            groups.append([trade])
    return [cluster_summary(group) for group in groups if len(group) >= min_trades]


__all__ = ["trade_clustering"]
# From its recorded reply, byte for byte: architect rebuild trade_clustering
