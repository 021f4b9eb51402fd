"""Lossless plain form of values, for borders that must not carry objects.

`encode` gives data that JSON can carry, self-describing by tags: `{"$": "decimal",
"v": "1.5"}`. `decode` rebuilds the very same type and value. It is used between the
trusted side and the sandbox, for recorded failures and for regressions; it is no
pickle: decoding makes only the types named here and the records it is handed.
`difference` compares by exact type and says the first place where two values part.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.value_bounds import (
    COLUMN_DTYPES,
    MAX_DEPTH,
    NUMPY_DTYPES,
    Foreign,
    NotPlain,
    check_decimal,
    check_depth,
    check_dtype,
    check_int,
    check_members,
)
from core.value_decoding import decode
from core.value_difference import difference

__all__ = [
    "MAX_DEPTH",
    "Encoded",
    "Foreign",
    "NotPlain",
    "decode",
    "difference",
    "encode",
]

Encoded = Any
_NUMBERS = ("float64", "int64", "bool")
_PLAIN = frozenset((type(None), bool, str, int, float))


def encode(value: Any, depth: int = 0) -> Encoded:
    """Return the plain form; NotPlain for a type outside the vocabulary."""
    check_depth(depth)
    kind: Any = type(value)
    if kind is int:
        return check_int(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return _items(value, depth + 1)
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return {"$": encoder[0], "v": encoder[1](value, depth + 1)}
    names = _field_names(kind)
    if names is not None:
        inner = _items([getattr(value, name) for name in names], depth + 1)
        named = dict(zip(names, inner, strict=True))
        return {"$": "record", "name": kind.__name__, "v": named}
    return _encode_table(value, kind, depth + 1)


@lru_cache(maxsize=1024)
def _field_names(kind: Any) -> tuple[str, ...] | None:
    """Return the fields of a dataclass, None for any other type."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else None


def _pairs(value: dict[Any, Any], depth: int) -> list[list[Encoded]]:
    check_members(len(value))
    return [[encode(k, depth), encode(v, depth)] for k, v in value.items()]


def _items(value: Any, depth: int) -> list[Encoded]:
    if value:
        check_depth(depth)
    # Most parts are plain: a call for each of them would be most of the work.
    if int in set(map(type, value)):
        numbers = [item for item in value if type(item) is int]
        check_int(max(numbers))
        check_int(min(numbers))
    return [item if type(item) in _PLAIN else encode(item, depth) for item in value]


def _members(value: Any, depth: int) -> list[Encoded]:
    check_members(len(value))
    return sorted(_items(value, depth), key=repr)


_ENCODERS: dict[type, tuple[str, Any]] = {
    dict: ("dict", _pairs),
    tuple: ("tuple", _items),
    set: ("set", _members),
    frozenset: ("frozenset", _members),
    Decimal: ("decimal", lambda value, depth: str(check_decimal(value))),
    datetime: ("datetime", lambda value, depth: value.isoformat()),
    timedelta: (
        "timedelta",
        lambda value, depth: [value.days, value.seconds, value.microseconds],
    ),
}


def _encode_table(value: Any, kind: type, depth: int) -> Encoded:
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        return _encode_numpy(value, depth)
    if root == "pandas" and kind.__name__ == "Series":
        return {
            "$": "series",
            "dtype": str(value.dtype),
            "name": encode(value.name, depth),
            "index": _encode_index(value.index, depth),
            "v": _cells(value, depth),
        }
    if root == "pandas" and kind.__name__ == "DataFrame":
        if not value.columns.is_unique:
            raise NotPlain("a frame with two columns of one name has no plain form")
        columns = [
            [encode(name, depth), str(col.dtype), _cells(col, depth)]
            for name, col in value.items()
        ]
        index = _encode_index(value.index, depth)
        return {"$": "frame", "index": index, "v": columns}
    raise Foreign(f"{kind.__module__}.{kind.__qualname__} has no plain form")


def _cells(column: Any, depth: int) -> list[Encoded]:
    check_dtype(str(column.dtype), COLUMN_DTYPES)
    # Numbers and truth values are plain as they come: most of what crosses is this.
    plain: list[Encoded] = column.tolist()
    return plain if str(column.dtype) in _NUMBERS else _items(plain, depth)


def _encode_numpy(value: Any, depth: int) -> Encoded:
    check_dtype(str(value.dtype), NUMPY_DTYPES)
    plain = _items(value.ravel().tolist(), depth) if value.ndim else value.item()
    shape = list(value.shape)
    array = type(value).__name__ == "ndarray"
    return {
        "$": "numpy",
        "dtype": str(value.dtype),
        "shape": shape,
        "array": array,
        "v": plain,
    }


def _encode_index(index: Any, depth: int) -> Encoded:
    name = encode(index.name, depth)
    if type(index).__name__ == "RangeIndex":
        return {"range": [index.start, index.stop, index.step], "name": name}
    check_dtype(str(index.dtype), COLUMN_DTYPES)
    values = _items(index.tolist(), depth)
    return {"dtype": str(index.dtype), "values": values, "name": name}
