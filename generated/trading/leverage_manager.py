"""The leverage of a new trade, from its risk and confidence, within the margin

schedule.

Generated from specs/trading/leverage_manager.yaml. To change it, change the spec
and run: architect generate leverage_manager
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.margin_level import MarginLevel
from generated.trading.round_down import round_down


@module(
    kind="function",
    requires=[
        "stop_frac >= 0",
        "0 <= confidence <= 1",
        "max_leverage >= 1",
    ],
    ensures=[
        "1 <= result <= max_leverage",
    ],
    on_failure="Decimal(1)",
)
def leverage_manager(
    stop_frac: Decimal, confidence: float, level: MarginLevel, max_leverage: Decimal
) -> Decimal:
    """The leverage of a new trade, from its risk and confidence, within the margin

    Args:
        stop_frac: distance of the stop as a part of the price
        confidence: 0 to 1
        level: that holds for the notional
        max_leverage: our own limit

    Returns:
        notional over margin, 1 or more
    """
    apart = 2 * stop_frac + level.maintenance_frac
    most = min(1 / level.initial_frac, max_leverage, 1 / apart)
    leverage = 1 + (most - 1) * Decimal(str(confidence))
    return round_down(max(leverage, Decimal(1)), Decimal("0.01"))


__all__ = ["leverage_manager"]
# From its recorded reply, byte for byte: architect rebuild leverage_manager
