"""Stop and take price of a new trade, from how much the market moves.

Generated from specs/trading/exit_levels_for.yaml. To change it, change the spec
and run: architect generate exit_levels_for
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.exit_levels import ExitLevels
from generated.trading.round_towards import round_towards


@module(
    kind="function",
    requires=[
        "entry_price > 0",
        "0 <= volatility_frac <= 1",
        "stop_multiple > 0",
        "take_multiple > 0",
        "tick_size > 0",
    ],
    ensures=[
        '(result.stop_price < entry_price) == (side == "long")',
        '(result.take_price > entry_price) == (side == "long")',
    ],
)
def exit_levels_for(
    side: Literal["long", "short"],
    entry_price: Decimal,
    volatility_frac: float,
    stop_multiple: Decimal,
    take_multiple: Decimal,
    tick_size: Decimal,
) -> ExitLevels:
    """Stop and take price of a new trade, from how much the market moves.

    Args:
        side: direction of the trade
        entry_price (USD): average of the entry
        volatility_frac (per candle): standard deviation of log returns
        stop_multiple: stop distance in units of volatility
        take_multiple: take distance in units of volatility
        tick_size (USD): prices are multiples of it

    Returns:
        both prices multiples of tick_size
    """
    unit = entry_price * max(Decimal(str(volatility_frac)), Decimal("0.001"))
    sign = 1 if side == "long" else -1
    stop = entry_price - sign * max(unit * stop_multiple, tick_size)
    take = entry_price + sign * max(unit * take_multiple, tick_size)
    return ExitLevels(
        stop_price=round_towards(stop, entry_price, tick_size),
        take_price=round_towards(take, entry_price, tick_size),
    )


__all__ = ["exit_levels_for"]
# From its recorded reply, byte for byte: architect rebuild exit_levels_for
