"""Whether to enter a symbol now, how sure that is, and why.

Generated from specs/trading/signal.yaml. To change it, change the spec
and run: architect generate signal
"""

from typing import Literal

from core.records import record


@record(
    requires=[
        "0 <= score <= 1",
        'side != "none" or score == 0',
    ],
)
class Signal:
    """Whether to enter a symbol now, how sure that is, and why.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        side: none is no entry
        score: 0 to 1, scales the risk taken; 0 without an entry
        reason: in words
    """

    symbol: str
    side: Literal["long", "short", "none"]
    score: float
    reason: str


__all__ = ["Signal"]
# From its spec, byte for byte: architect rebuild signal
