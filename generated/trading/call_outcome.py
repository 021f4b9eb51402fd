"""What became of a call to the exchange that ended with an error.

Generated from specs/trading/call_outcome.yaml. To change it, change the spec
and run: architect generate call_outcome
"""

from typing import Literal

from core.wrapper import module


@module(
    kind="function",
    on_failure='"unknown"',
)
def call_outcome(error: str, writes: bool) -> Literal["unknown", "not done", "refused"]:
    """What became of a call to the exchange that ended with an error.

    Args:
        error: name of the error's class
        writes: whether the call may change something at the exchange

    Returns:
        of the call
    """
    if writes and error in ("OutcomeUnknown", "MalformedAnswer", "DuplicateOrder"):
        return "unknown"
    away = ("ExchangeUnavailable", "RateLimited", "OutcomeUnknown", "MalformedAnswer")
    return "not done" if error in away else "refused"


__all__ = ["call_outcome"]
# From its recorded reply, byte for byte: architect rebuild call_outcome
