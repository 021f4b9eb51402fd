"""Why to leave a trade now, empty when it should be held.

Generated from specs/trading/exit_decision.yaml. To change it, change the spec
and run: architect generate exit_decision
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.exit_levels import ExitLevels


@module(
    kind="function",
    on_failure='"stop"',
)
def exit_decision(
    side: Literal["long", "short"],
    mark_price: Decimal,
    levels: ExitLevels,
    opened_ms: int,
    now_ms: int,
    max_hold_ms: int,
) -> Literal["", "stop", "take", "time"]:
    """Why to leave a trade now, empty when it should be held.

    Args:
        side: direction of the trade
        mark_price (USD): price now
        levels: of this trade
        opened_ms (UTC ms): when it was opened
        now_ms (UTC ms): when it is asked
        max_hold_ms (ms): longest time to hold

    Returns:
        the reason
    """
    sign = 1 if side == "long" else -1
    if sign * mark_price <= sign * levels.stop_price:
        return "stop"
    if sign * mark_price >= sign * levels.take_price:
        return "take"
    return "time" if now_ms - opened_ms >= max_hold_ms else ""


__all__ = ["exit_decision"]
# From its recorded reply, byte for byte: architect rebuild exit_decision
