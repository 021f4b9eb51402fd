"""What becomes of an order by what was filled of it. Pure."""

from __future__ import annotations

from decimal import Decimal


def weighed(parts: list[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal | None]:
    """Return the sum of sizes and the size-weighted price of (size, price) pairs."""
    total = sum((size for size, _ in parts), Decimal(0))
    if not total:
        return total, None
    return total, sum((size * price for size, price in parts), Decimal(0)) / total


def state(size: Decimal, filled: Decimal, *, ended: bool) -> str:
    """Return the status word: an ended order that is not whole was cancelled."""
    if filled >= size:
        return "filled"
    if ended:
        return "cancelled"
    return "partial" if filled else "open"
