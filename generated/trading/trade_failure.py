"""How an entry or exit failed, how severe that is, and what follows from it.

Generated from specs/trading/trade_failure.yaml. To change it, change the spec
and run: architect generate trade_failure
"""

from typing import Literal

from core.records import record


@record()
class TradeFailure:
    """How an entry or exit failed, how severe that is, and what follows from it.

    Attributes:
        kind: none when it did not fail
        severity: critical is what a person should see at once
        stop_entries: whether nothing new is entered until it is settled
    """

    kind: Literal["none", "rejected", "slippage", "unknown outcome", "missed exit"]
    severity: Literal["none", "warning", "critical"]
    stop_entries: bool


__all__ = ["TradeFailure"]
# From its spec, byte for byte: architect rebuild trade_failure
