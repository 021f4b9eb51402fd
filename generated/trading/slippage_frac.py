"""How much worse a price is than the one at which it was decided.

Generated from specs/trading/slippage_frac.yaml. To change it, change the spec
and run: architect generate slippage_frac
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "decision_price > 0",
    ],
    on_failure="Decimal(1000)",
)
def slippage_frac(
    side: Literal["buy", "sell"], decision_price: Decimal, price: Decimal
) -> Decimal:
    """How much worse a price is than the one at which it was decided.

    Args:
        side: direction
        decision_price (USD): when it was decided
        price (USD): now

    Returns:
        a fraction of decision_price, positive is worse
    """
    worse = price - decision_price if side == "buy" else decision_price - price
    return worse / decision_price


__all__ = ["slippage_frac"]
# From its recorded reply, byte for byte: architect rebuild slippage_frac
