"""What becomes of a call to the exchange that failed.

Generated from specs/trading/retry_decision.yaml. To change it, change the spec
and run: architect generate retry_decision
"""

from typing import Literal

from core.records import record


@record(
    requires=[
        "delay_ms >= 0",
    ],
)
class RetryDecision:
    """What becomes of a call to the exchange that failed.

    Attributes:
        action: ask first: what became of the order, before anything is sent again
        delay_ms (ms): how long to wait before, 0 unless retry later
    """

    action: Literal["retry now", "retry later", "ask first", "give up"]
    delay_ms: int = 0


__all__ = ["RetryDecision"]
# From its spec, byte for byte: architect rebuild retry_decision
