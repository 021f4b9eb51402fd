"""In which way an entry or exit failed, none when it did not.

Generated from specs/trading/trade_failure_kind.yaml. To change it, change the spec
and run: architect generate trade_failure_kind
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.trade_result import TradeResult


@module(
    kind="function",
    requires=[
        "max_slippage_frac >= 0",
    ],
    on_failure='"unknown outcome"',
)
def trade_failure_kind(
    trade: TradeResult, max_slippage_frac: Decimal
) -> Literal["none", "rejected", "slippage", "unknown outcome", "missed exit"]:
    """In which way an entry or exit failed, none when it did not.

    Args:
        trade: what became of it
        max_slippage_frac: how much worse than expected is allowed

    Returns:
        the first kind that holds
    """
    if trade.purpose == "exit" and trade.filled < trade.size:
        return "missed exit"
    if trade.status == "unknown":
        return "unknown outcome"
    if trade.status == "rejected":
        return "rejected"
    return "slippage" if trade.slipped_frac > max_slippage_frac else "none"


__all__ = ["trade_failure_kind"]
# From its recorded reply, byte for byte: architect rebuild trade_failure_kind
