"""The position after a fill.

Generated from specs/trading/book_fill.yaml. To change it, change the spec
and run: architect generate book_fill
"""

from dataclasses import replace
from decimal import Decimal

from core.wrapper import module
from generated.trading.fill import Fill
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "position.symbol == fill.symbol",
    ],
    ensures=[
        "result.symbol == position.symbol",
    ],
)
def book_fill(position: Position, fill: Fill) -> Position:
    """The position after a fill.

    Args:
        position: what was held before the fill
        fill: the execution

    Returns:
        what is held after it
    """
    change = fill.size if fill.side == "buy" else -fill.size
    size = position.size + change
    price = position.entry_price
    if size == 0:
        price = Decimal(0)
    elif position.size == 0 or position.size * change > 0:
        price = (position.size * price + change * fill.price) / size
    elif position.size * size < 0:
        price = fill.price
    return replace(position, size=size, entry_price=price, funding_usd=Decimal(0))


__all__ = ["book_fill"]
# From its recorded reply, byte for byte: architect rebuild book_fill
