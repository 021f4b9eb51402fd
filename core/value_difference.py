"""Where two values part, by exact type: how every result is compared with another."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any


def difference(expected: Any, got: Any, tolerance: float = 0.0) -> str | None:
    """Return where two values part, by exact type, or None when they are the same.

    Floats may part by `tolerance`, relative to the larger magnitude (absolute below
    1); NaN equals NaN. Decimals are compared by value: 1.0 equals 1.00.
    """
    return _differ("result", expected, got, tolerance)


def _differ(where: str, expected: Any, got: Any, tolerance: float) -> str | None:
    if type(expected) is not type(got):
        return (
            f"{where}: expected {type(expected).__name__} {_short(expected)}, "
            f"got {type(got).__name__} {_short(got)}"
        )
    if isinstance(expected, float):
        same = _close(expected, got, tolerance)
        return None if same else f"{where}: expected {expected!r}, got {got!r}"
    if isinstance(expected, (list, tuple)):
        return _differ_items(where, expected, got, tolerance)
    if isinstance(expected, dict):
        return _differ_dicts(where, expected, got, tolerance)
    if isinstance(expected, (set, frozenset)) and _typed(expected) != _typed(got):
        return f"{where}: expected {_short(expected)}, got {_short(got)}"
    if is_dataclass(expected) and not isinstance(expected, type):
        mine = {f.name: getattr(expected, f.name) for f in fields(expected)}
        theirs = {f.name: getattr(got, f.name, None) for f in fields(expected)}
        return _differ_dicts(where, mine, theirs, tolerance)
    if hasattr(expected, "columns"):
        return _differ_frames(where, expected, got, tolerance)
    if hasattr(expected, "dtype"):
        return _differ_arrays(where, expected, got, tolerance)
    if isinstance(expected, Decimal) and expected.is_nan() and got.is_nan():
        return None
    if expected == got:
        return None
    return f"{where}: expected {_short(expected)}, got {_short(got)}"


def _typed(items: Any) -> set[tuple[type, Any]]:
    # True and 1 are one key, but not one value.
    return {(type(item), item) for item in items}


def _close(expected: float, got: float, tolerance: float) -> bool:
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if expected == got:
        return True
    bound = tolerance * max(1.0, abs(expected), abs(got))
    return not math.isinf(bound) and abs(expected - got) <= bound


def _differ_items(where: str, expected: Any, got: Any, tolerance: float) -> str | None:
    if len(expected) != len(got):
        return f"{where}: expected {len(expected)} items, got {len(got)}"
    for i, (mine, theirs) in enumerate(zip(expected, got, strict=True)):
        if found := _differ(f"{where}[{i}]", mine, theirs, tolerance):
            return found
    return None


def _differ_dicts(where: str, expected: Any, got: Any, tolerance: float) -> str | None:
    if _typed(expected) != _typed(got):
        return f"{where}: expected keys {_short([*expected])}, got {_short([*got])}"
    for key, mine in expected.items():
        if found := _differ(f"{where}.{key}", mine, got[key], tolerance):
            return found
    return None


def _differ_frames(where: str, expected: Any, got: Any, tolerance: float) -> str | None:
    mine, theirs = list(expected.columns), list(got.columns)
    if mine != theirs:
        return f"{where}: expected columns {_short(mine)}, got {_short(theirs)}"
    if not expected.index.equals(got.index):
        return f"{where}: the index differs"
    for name in expected.columns:
        place = f"{where}[{name!r}]"
        if found := _differ_arrays(place, expected[name], got[name], tolerance):
            return found
    return None


def _differ_arrays(where: str, expected: Any, got: Any, tolerance: float) -> str | None:
    if expected.dtype != got.dtype:
        return f"{where}: expected dtype {expected.dtype}, got {got.dtype}"
    if expected.shape != got.shape:
        return f"{where}: expected length {len(expected)}, got {len(got)}"
    if hasattr(expected, "index") and not expected.index.equals(got.index):
        return f"{where}: the index differs"
    mine, theirs = expected.tolist(), got.tolist()
    if not isinstance(mine, list):
        mine, theirs = [mine], [theirs]
    return _differ_items(where, mine, theirs, tolerance)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
