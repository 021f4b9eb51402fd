"""What an account may lose, from what an exchange itself says that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Resting(NamedTuple):
    """An order that rests; `left` is what is not filled of it, `price` its stop or limit."""

    symbol: str
    is_buy: bool
    kind: str
    reduce_only: bool
    left: Decimal
    price: Decimal


def lost_at_stops(
    sizes: Mapping[str, Decimal],
    orders: Iterable[Resting],
    marks: Mapping[str, Decimal],
) -> Decimal:
    """Return what is lost from the marks if all stops are reached, USD.

    What no stop of the right side covers counts in full, as do orders that could open
    something. Of several stops those count first that lose most.
    """
    orders, lost = list(orders), ZERO
    for symbol, size in sizes.items():
        mark, left = marks[symbol], abs(size)
        stops = [
            (max(mark - stop.price if size > 0 else stop.price - mark, ZERO), stop.left)
            for stop in orders
            if stop.symbol == symbol and stop.kind == "stp" and stop.reduce_only
            and stop.is_buy == (size < 0)
        ]  # fmt: skip
        for distance, covered in sorted(stops, reverse=True):
            lost += distance * min(covered, left)
            left -= min(covered, left)
        lost += mark * left
    opening = [order for order in orders if not order.reduce_only]
    return lost + sum((order.left * order.price for order in opening), ZERO)
