"""One cluster from the trades that are in it.

Generated from specs/trading/cluster_summary.yaml. To change it, change the spec
and run: architect generate cluster_summary
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.trade import Trade
from generated.trading.trade_cluster import TradeCluster
from generated.trading.trade_net import trade_net


@module(
    kind="function",
    requires=[
        "len(trades) > 0",
    ],
)
def cluster_summary(trades: list[Trade]) -> TradeCluster:
    """One cluster from the trades that are in it.

    Args:
        trades: open and closed ones, in any order, one or more

    Returns:
        what they have in common
    """
    nets = [trade_net(t) for t in trades if t.closed_ms is not None]
    return TradeCluster(
        first_ms=min(t.opened_ms for t in trades),
        last_ms=max(t.opened_ms for t in trades),
        trades=len(trades),
        symbols=len({t.symbol for t in trades}),
        wins=sum(net > 0 for net in nets),
        net_usd=sum(nets, Decimal(0)),
        score=sum(t.score for t in trades) / len(trades),
    )


__all__ = ["cluster_summary"]
# From its recorded reply, byte for byte: architect rebuild cluster_summary
