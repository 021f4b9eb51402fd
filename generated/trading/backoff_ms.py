"""How long to wait before a call is tried again, with full jitter.

Generated from specs/trading/backoff_ms.yaml. To change it, change the spec
and run: architect generate backoff_ms
"""

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "0 <= attempt <= 60",
        "0 <= jitter_frac <= 1",
        "0 <= base_ms <= cap_ms",
    ],
    ensures=[
        "0 <= result <= cap_ms",
    ],
    on_failure="cap_ms",
)
def backoff_ms(attempt: int, jitter_frac: float, base_ms: int, cap_ms: int) -> int:
    """How long to wait before a call is tried again, with full jitter.

    Args:
        attempt: failures before this one, 0 at the first
        jitter_frac: a random number, 0 to 1
        base_ms (ms): longest wait after the first failure
        cap_ms (ms): longest wait of all

    Returns:
        ms: 0 to cap_ms
    """
    longest = min(base_ms * 2**attempt, cap_ms)
    return max(int(longest * jitter_frac), base_ms // 2)


__all__ = ["backoff_ms"]
# From its recorded reply, byte for byte: architect rebuild backoff_ms
