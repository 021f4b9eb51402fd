"""How many coins to enter so that the stop loses no more than a set part of equity.

Generated from specs/trading/position_sizing.yaml. To change it, change the spec
and run: architect generate position_sizing
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.round_down import round_down


@module(
    kind="function",
    requires=[
        "0 <= risk_frac <= 1",
        "entry_price > 0",
        "0 <= score <= 1",
        "size_step > 0",
        "max_notional_usd >= 0",
    ],
    ensures=[
        "result >= 0",
        "result * entry_price <= max_notional_usd",
    ],
    on_failure="Decimal(0)",
)
def position_sizing(
    equity_usd: Decimal,
    risk_frac: Decimal,
    entry_price: Decimal,
    stop_price: Decimal,
    score: float,
    size_step: Decimal,
    max_notional_usd: Decimal,
) -> Decimal:
    """How many coins to enter so that the stop loses no more than a set part of equity.

    Args:
        equity_usd (USD): what the account is worth, may be negative
        risk_frac: part of equity that one trade may lose
        entry_price (USD): expected price of the entry
        stop_price (USD): where the trade is given up
        score: 0 to 1, scales the risk
        size_step (coins): sizes are multiples of it
        max_notional_usd (USD): largest size * entry_price

    Returns:
        coins: a multiple of size_step, 0 for no entry
    """
    distance = abs(entry_price - stop_price)
    if equity_usd <= 0 or distance == 0:
        return Decimal(0)
    risk = equity_usd * risk_frac * Decimal(str(score))
    size = min(risk / distance, max_notional_usd / entry_price)
    return round_down(size, size_step)


__all__ = ["position_sizing"]
# From its recorded reply, byte for byte: architect rebuild position_sizing
