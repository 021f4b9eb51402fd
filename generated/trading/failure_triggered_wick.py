"""Whether an entry or exit failed, how severely, and whether new entries stop.

Generated from specs/trading/failure_triggered_wick.yaml. To change it, change the spec
and run: architect generate failure_triggered_wick
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.trade_failure import TradeFailure
from generated.trading.trade_failure_kind import trade_failure_kind
from generated.trading.trade_result import TradeResult


@module(
    kind="function",
    requires=[
        "max_slippage_frac >= 0",
    ],
    ensures=[
        'result.stop_entries == (result.severity == "critical")',
    ],
    on_failure='TradeFailure(kind="unknown outcome", severity="critical", stop_entries=True)',
)
def failure_triggered_wick(
    trade: TradeResult, max_slippage_frac: Decimal
) -> TradeFailure:
    """Whether an entry or exit failed, how severely, and whether new entries stop.

    Args:
        trade: what became of it
        max_slippage_frac: how much worse than expected is allowed

    Returns:
        kind none when nothing failed
    """
    kind = trade_failure_kind(trade, max_slippage_frac)
    stop = (
        kind in ("missed exit", "unknown outcome")
        or (kind == "rejected" and trade.rejected_in_a_row >= 3)
        or (kind == "slippage" and trade.slipped_frac > 3 * max_slippage_frac)
    )
    severity = "none" if kind == "none" else "critical" if stop else "warning"
    return TradeFailure(kind=kind, severity=severity, stop_entries=stop)


__all__ = ["failure_triggered_wick"]
# From its recorded reply, byte for byte: architect rebuild failure_triggered_wick
