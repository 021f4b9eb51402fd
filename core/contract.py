"""Contracts as code: `requires`, `ensures` and the few terms they may use.

An expression is compiled once. Nothing here catches: an expression that raises has
not held.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any


def finite(value: Any) -> bool:
    """Tell whether a number, or every item of a series or list, is finite."""
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, (int, float)):
        return math.isfinite(value)
    return all(finite(item) for item in _items(value))


def close_to(a: Any, b: Any, tolerance: float = 1e-9) -> bool:
    """Tell whether two numbers or series agree; NaN agrees with NaN.

    The tolerance is relative to the larger magnitude, absolute below 1.
    """
    if isinstance(a, (int, float, Decimal)):
        return _close(float(a), float(b), tolerance)
    mine, theirs = _items(a), _items(b)
    pairs = zip(mine, theirs, strict=False)
    return len(mine) == len(theirs) and all(close_to(x, y, tolerance) for x, y in pairs)


def non_decreasing(values: Iterable[Any]) -> bool:
    """Tell whether no item is smaller than the one before it."""
    items = _items(values)
    return all(a <= b for a, b in pairwise(items))


def unique(values: Iterable[Any]) -> bool:
    """Tell whether no item stands twice."""
    items = _items(values)
    return len(set(items)) == len(items)


def _items(values: Any) -> list[Any]:
    plain = values.tolist() if hasattr(values, "tolist") else values
    return list(plain)


def _close(a: float, b: float, tolerance: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


TERMS: Mapping[str, Callable[..., Any]] = {
    term.__name__: term for term in (finite, close_to, non_decreasing, unique)
}
