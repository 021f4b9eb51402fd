"""What a position would make or lose if it were closed at the mark price.

Generated from specs/trading/floating_pnl.yaml. To change it, change the spec
and run: architect generate floating_pnl
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.position import Position


@module(
    kind="function",
    reflect="result",
)
def floating_pnl(position: Position, mark_price: Decimal) -> Decimal:
    """What a position would make or lose if it were closed at the mark price.

    Args:
        position: what is held
        mark_price (USD): of one coin

    Returns:
        USD: positive is a profit
    """
    return position.size * (mark_price - position.entry_price)


__all__ = ["floating_pnl"]
# From its recorded reply, byte for byte: architect rebuild floating_pnl
