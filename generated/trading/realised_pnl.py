"""The profit or loss that a fill makes real, on the part of the position that it

closes.

Generated from specs/trading/realised_pnl.yaml. To change it, change the spec
and run: architect generate realised_pnl
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.fill import Fill
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "position.symbol == fill.symbol",
    ],
)
def realised_pnl(position: Position, fill: Fill) -> Decimal:
    """The profit or loss that a fill makes real, on the part of the position that it

    Args:
        position: what was held before the fill
        fill: the execution

    Returns:
        USD: positive is a profit
    """
    change = fill.size if fill.side == "buy" else -fill.size
    if position.size * change >= 0:
        return Decimal(0)
    closed = min(fill.size, abs(position.size))
    gain = closed * (fill.price - position.entry_price)
    return gain if position.size > 0 else -gain


__all__ = ["realised_pnl"]
# From its recorded reply, byte for byte: architect rebuild realised_pnl
