"""What a value held before a call, so that a change of it shows afterwards.

Runs inside the worker, where nothing is trusted. Writing a value out before and after
costs more than most bodies do, so it is told by the identity of its parts; only where
that leaves a doubt need anybody look at what is written.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

PLAIN = (type(None), bool, int, float, str, decimal.Decimal)


def is_plain(value: Any) -> bool:
    """Tell whether a value is a scalar, which nobody can change."""
    return isinstance(value, PLAIN)


def held(value: Any, is_fixed: Callable[[Any], bool] = is_plain) -> Any:
    """Return what a value holds, down to what `is_fixed`; None where that is unknown."""
    if is_fixed(value):
        return True
    match value:
        case list() | tuple():
            return [(part, held(part, is_fixed)) for part in value]
        case dict():
            return {name: (part, held(part, is_fixed)) for name, part in value.items()}
    if is_table(value):
        return kept_table(value)
    if (fields := _fields(value)) is not None:
        return {name: (part, held(part, is_fixed)) for name, part in fields.items()}
    return None


def holds(value: Any, before: Any) -> bool:
    """Tell whether a value surely still is what `held` gave."""
    if before is True:
        return True
    if is_table(value):
        return before is not None and bool(kept_table(value) == before)
    match value, before:
        case (list() | tuple(), list()):
            return len(value) == len(before) and all(
                part is was and holds(part, inner)
                for part, (was, inner) in zip(value, before, strict=True)
            )
        case (_, dict()):
            parts = value if isinstance(value, dict) else _fields(value)
            return parts is not None and _same_parts(parts, before)
    return False


def _same_parts(parts: dict[Any, Any], before: dict[Any, Any]) -> bool:
    return [*parts] == [*before] and all(
        parts[name] is was and holds(was, inner)
        for name, (was, inner) in before.items()
    )


def _fields(value: Any) -> dict[str, Any] | None:
    names = getattr(type(value), "__dataclass_fields__", None)
    return None if names is None else {name: getattr(value, name) for name in names}


def is_table(value: Any) -> bool:
    """Tell whether a value is a series or a frame."""
    return hasattr(value, "iloc")


def key(value: Any) -> Any:
    """Return what tells a series or a plain value from all others, else None."""
    if isinstance(value, PLAIN):
        return f"{type(value).__name__} {value!r}"
    if is_table(value) and value.ndim == 1 and _is_numeric(value.dtype):
        index = _index_key(value.index)
        if index is not None:
            return value.dtype.char, value.to_numpy().tobytes(), value.name, index
    return None


def _index_key(index: Any) -> Any:
    """Return what tells an index from all others: its name would last from call to call."""
    if not _is_numeric(index.dtype):
        return None
    kind = type(index).__name__
    return kind, index.dtype.char, index.to_numpy().tobytes(), index.name


def _is_numeric(dtype: Any) -> bool:
    """Tell whether the bytes of such an array are its values: not pointers to them."""
    return dtype.kind in "biuf" and hasattr(dtype, "char")


def kept_table(table: Any) -> Any:
    """Return what tells a series or frame from all others, None where its bytes do not."""
    if table.ndim == 1:
        return key(table)
    parts = [_index_key(table.index), *(key(column) for _, column in table.items())]
    if None in parts:
        return None
    return tuple(table.columns), table.columns.name, *parts


def unwritten(value: Any) -> list[Any]:
    """Return the names of the columns of all frames within: nothing else of a value that
    lasts is left out where it is written."""
    if is_table(value):
        return [] if value.ndim == 1 else [value.columns.name]
    parts = value if isinstance(value, (list, tuple)) else ()
    fields = value if isinstance(value, dict) else _fields(value) or {}
    return [name for part in (*parts, *fields.values()) for name in unwritten(part)]
