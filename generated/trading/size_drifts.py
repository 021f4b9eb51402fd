"""The symbols of which we hold another size than the exchange says.

Generated from specs/trading/size_drifts.yaml. To change it, change the spec
and run: architect generate size_drifts
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.drift import Drift
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "unique([position.symbol for position in ours])",
        "unique([position.symbol for position in theirs])",
    ],
)
def size_drifts(
    ours: list[Position], theirs: list[Position], action: Literal["book", "halt"]
) -> list[Drift]:
    """The symbols of which we hold another size than the exchange says.

    Args:
        ours: by our books
        theirs: by the exchange
        action: what is to be done about each

    Returns:
        empty when all sizes are the same
    """
    mine = {position.symbol: position.size for position in ours}
    other = {position.symbol: position.size for position in theirs}
    found = []
    for symbol in sorted(set(mine) | set(other)):
        a, b = mine.get(symbol, Decimal(0)), other.get(symbol, Decimal(0))
        drift = Drift(kind="size", symbol=symbol, ours=a, theirs=b, action=action)
        if a != b:
            found.append(drift)
    return found


__all__ = ["size_drifts"]
# From its recorded reply, byte for byte: architect rebuild size_drifts
