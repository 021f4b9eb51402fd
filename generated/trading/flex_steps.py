"""By how many steps a pause without entries relaxes the entry criteria.

Generated from specs/trading/flex_steps.yaml. To change it, change the spec
and run: architect generate flex_steps
"""

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "step_ms > 0",
        "most >= 0",
    ],
    ensures=[
        "0 <= result <= most",
    ],
    on_failure="0",
)
def flex_steps(pause_ms: int, quiet_ms: int, step_ms: int, most: int) -> int:
    """By how many steps a pause without entries relaxes the entry criteria.

    Args:
        pause_ms (ms): time without an entry
        quiet_ms (ms): a pause that is usual
        step_ms (ms): from one step to the next, above 0
        most: steps at most

    Returns:
        steps, 0 to most
    """
    if pause_ms < quiet_ms:
        return 0
    return min(1 + (pause_ms - quiet_ms) // step_ms, most)


__all__ = ["flex_steps"]
# From its recorded reply, byte for byte: architect rebuild flex_steps
