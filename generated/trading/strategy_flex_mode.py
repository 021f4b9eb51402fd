"""By how many steps the entry criteria are relaxed now, for want of trades.

Generated from specs/trading/strategy_flex_mode.yaml. To change it, change the spec
and run: architect generate strategy_flex_mode
"""

from core.wrapper import module
from generated.trading.flex_steps import flex_steps


@module(
    kind="function",
    requires=[
        "entries_ms == sorted(entries_ms)",
        "entries_ms == [] or now_ms >= entries_ms[-1]",
        "step_ms > 0",
        "most >= 0",
        "most_losses >= 1",
    ],
    ensures=[
        "0 <= result <= most",
    ],
    on_failure="0",
)
def strategy_flex_mode(
    now_ms: int,
    entries_ms: list[int],
    streak: int,
    quiet_ms: int,
    step_ms: int,
    most: int,
    most_losses: int,
) -> int:
    """By how many steps the entry criteria are relaxed now, for want of trades.

    Args:
        now_ms (UTC ms): now, not before the last entry
        entries_ms (UTC ms): entries, oldest first
        streak: wins in a row; negative: losses in a row
        quiet_ms (ms): a pause that is usual
        step_ms (ms): from one step to the next, above 0
        most: steps at most
        most_losses: losses in a row that forbid relaxing, 1 or more

    Returns:
        steps, 0 (strict) to most (loosest)
    """
    if not entries_ms or streak <= -most_losses:
        return 0
    pause = now_ms - entries_ms[-1]
    before = entries_ms[-1] - entries_ms[-2] if len(entries_ms) > 1 else 0
    rising = flex_steps(pause, quiet_ms, step_ms, most)
    falling = flex_steps(before, quiet_ms, step_ms, most) - pause // step_ms
    return max(rising, falling, 0)


__all__ = ["strategy_flex_mode"]
# From its recorded reply, byte for byte: architect rebuild strategy_flex_mode
