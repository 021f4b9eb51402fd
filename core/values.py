"""Lossless plain form of values, for borders that must not carry objects.

`encode` gives data that JSON can carry, self-describing by tags: `{"$": "decimal",
"v": "1.5"}`. `decode` rebuilds the very same type and value. It is used between the
trusted side and the sandbox, for recorded failures and for regressions; it is no
pickle: decoding makes only the types named here and the records it is handed.
`difference` compares by exact type and says the first place where two values part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

Encoded = Any
_NUMBERS = ("float64", "int64", "bool")
MAX_DEPTH = 64


class NotPlain(TypeError):
    """A value that has no plain form, or plain data that describes no value."""


def encode(value: Any, depth: int = 0) -> Encoded:
    """Return the plain form; NotPlain for a type outside the vocabulary."""
    if depth > MAX_DEPTH:
        raise NotPlain(f"nested deeper than {MAX_DEPTH}")
    kind = type(value)
    if value is None or kind in (bool, str, int, float):
        return value
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return {"$": encoder[0], "v": encoder[1](value, depth + 1)}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {
            f.name: encode(getattr(value, f.name), depth + 1) for f in fields(value)
        }
        return {"$": "record", "name": kind.__name__, "v": inner}
    return _encode_table(value, kind, depth + 1)


def _pairs(value: dict[Any, Any], depth: int) -> list[list[Encoded]]:
    return [[encode(k, depth), encode(v, depth)] for k, v in value.items()]


def _items(value: Any, depth: int) -> list[Encoded]:
    return [encode(item, depth) for item in value]


def _members(value: Any, depth: int) -> list[Encoded]:
    return sorted(_items(value, depth), key=repr)


_ENCODERS: dict[type, tuple[str, Any]] = {
    dict: ("dict", _pairs),
    tuple: ("tuple", _items),
    set: ("set", _members),
    frozenset: ("frozenset", _members),
    Decimal: ("decimal", lambda value, depth: str(value)),
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
    raise NotPlain(f"{kind.__module__}.{kind.__qualname__} has no plain form")


def _cells(column: Any, depth: int) -> list[Encoded]:
    # Numbers and truth values are plain as they come: most of what crosses is this.
    plain: list[Encoded] = column.tolist()
    return plain if str(column.dtype) in _NUMBERS else _items(plain, depth)


def _encode_numpy(value: Any, depth: int) -> Encoded:
    if value.dtype.kind not in "biuf":
        raise NotPlain(f"numpy {value.dtype} has no plain form")
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
    values = _items(index.tolist(), depth)
    return {"dtype": str(index.dtype), "values": values, "name": name}


def decode(plain: Encoded, records: Mapping[str, type], depth: int = 0) -> Any:
    """Rebuild the value; NotPlain when the data describes none."""
    if depth > MAX_DEPTH:
        raise NotPlain(f"nested deeper than {MAX_DEPTH}")
    if isinstance(plain, list):
        return [decode(item, records, depth + 1) for item in plain]
    if not isinstance(plain, dict):
        return plain
    try:
        return _DECODERS[plain["$"]](plain, records, depth + 1)
    except NotPlain:
        raise
    except Exception as error:
        raise NotPlain(f"not a plain value: {type(error).__name__}: {error}") from None


def _sequence(plain: Encoded, records: Mapping[str, type], depth: int) -> list[Any]:
    return [decode(item, records, depth) for item in plain["v"]]


def _decode_dict(plain: Encoded, records: Mapping[str, type], depth: int) -> Any:
    return {decode(k, records, depth): decode(v, records, depth) for k, v in plain["v"]}


def _decode_record(plain: Encoded, records: Mapping[str, type], depth: int) -> Any:
    values = {k: decode(v, records, depth) for k, v in plain["v"].items()}
    return records[plain["name"]](**values)


def _decode_numpy(plain: Encoded, records: Mapping[str, type], depth: int) -> Any:
    import numpy as np

    # A dtype such as U900000000 would be gigabytes for one letter.
    if np.dtype(plain["dtype"]).kind not in "biuf" or "(" in plain["dtype"]:
        raise NotPlain(f"no plain value has the dtype {plain['dtype']}")
    array = np.array(plain["v"], dtype=plain["dtype"])
    return array.reshape(plain["shape"]) if plain["array"] else array.dtype.type(array)


def _decode_index(plain: Encoded, records: Mapping[str, type], depth: int) -> Any:
    import pandas as pd

    name = decode(plain.get("name"), records, depth)
    if "range" in plain:
        start, stop, step = plain["range"]
        return pd.RangeIndex(start, stop, step, name=name)
    values = [decode(item, records, depth) for item in plain["values"]]
    return pd.Index(values, dtype=plain["dtype"], name=name)


def _decode_series(plain: Encoded, records: Mapping[str, type], depth: int) -> Any:
    import pandas as pd

    index = _decode_index(plain["index"], records, depth)
    name = decode(plain["name"], records, depth)
    cells = _decode_cells(plain["v"], plain["dtype"], records, depth)
    return pd.Series(cells, index=index, name=name, dtype=cells.dtype, copy=False)


def _decode_cells(
    plain: list[Encoded], dtype: str, records: Mapping[str, type], depth: int
) -> Any:
    if type(plain) is not list:
        raise NotPlain("a column is a list")
    if dtype in _NUMBERS:
        import numpy as np

        return np.array(plain, dtype=dtype)
    import pandas as pd

    kind: Any = dtype
    return pd.array([decode(v, records, depth) for v in plain], dtype=kind)


def _decode_frame(plain: Encoded, records: Mapping[str, type], depth: int) -> Any:
    import pandas as pd

    index = _decode_index(plain["index"], records, depth)
    columns = {}
    for name, dtype, values in plain["v"]:
        cells = _decode_cells(values, dtype, records, depth)
        column = pd.Series(cells, index=index, dtype=cells.dtype, copy=False)
        columns[decode(name, records, depth)] = column
    return pd.DataFrame(columns, index=index)


_DECODERS: dict[str, Any] = {
    "dict": _decode_dict,
    "tuple": lambda p, r, d: tuple(_sequence(p, r, d)),
    "set": lambda p, r, d: set(_sequence(p, r, d)),
    "frozenset": lambda p, r, d: frozenset(_sequence(p, r, d)),
    "decimal": lambda p, r, d: Decimal(p["v"]),
    "datetime": lambda p, r, d: datetime.fromisoformat(p["v"]),
    "timedelta": lambda p, r, d: timedelta(*p["v"]),
    "record": _decode_record,
    "numpy": _decode_numpy,
    "series": _decode_series,
    "frame": _decode_frame,
}


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
    return None if expected == got else f"{where}: expected {expected!r}, got {got!r}"


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
        return f"{where}: expected keys {list(expected)}, got {list(got)}"
    for key, mine in expected.items():
        if found := _differ(f"{where}.{key}", mine, got[key], tolerance):
            return found
    return None


def _differ_frames(where: str, expected: Any, got: Any, tolerance: float) -> str | None:
    if list(expected.columns) != list(got.columns):
        return f"{where}: expected columns {list(expected.columns)}, got {list(got.columns)}"
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
