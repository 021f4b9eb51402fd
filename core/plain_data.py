"""Values in the plain form that YAML carries: how examples and defaults are written.

`load` turns plain data into a value under its type, `dump` turns it back. It knows
records only by the mapping it is given. The lossless form for borders between processes
is `core/values.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.errors import SpecError
from core.types import SERIES_DTYPES, Type, matches

Plain = Any
Records = Mapping[str, type]

# A series of one value is written in short from this length on.
SHORTHAND_FROM = 9


# --- plain data -> value ---------------------------------------------------------


def load(kind: Type, plain: Plain, records: Records) -> Any:
    """Turn plain YAML data into a value of the type.

    Decimals and floats are read from numbers or strings, datetimes from ISO 8601 or
    UTC milliseconds, series from lists (null is NaN) or from
    `{repeat: x, times: n}` / `{start: a, step: b, times: n}`, records from mappings.
    SpecError says what does not fit.
    """
    loader = _LOADERS.get(kind.name)
    if loader is not None:
        try:
            return loader(kind, plain, records)
        except (TypeError, ValueError, ArithmeticError, OSError):
            raise _mismatch(kind, plain) from None
    if kind.name not in records:
        raise SpecError(f"record {kind.name!r} is not known")
    return _load_record(records[kind.name], kind, plain, records)


def _mismatch(kind: Type, plain: Plain) -> SpecError:
    return SpecError(f"{plain!r} is not a {kind}")


def _load_scalar(kind: Type, plain: Plain, records: Records) -> Any:
    wanted = {"bool": bool, "int": int, "str": str, "None": type(None)}[kind.name]
    if type(plain) is not wanted:
        raise _mismatch(kind, plain)
    return plain


def _load_float(kind: Type, plain: Plain, records: Records) -> float:
    if isinstance(plain, bool) or not isinstance(plain, (int, float, str)):
        raise _mismatch(kind, plain)
    return float(plain)


def _load_decimal(kind: Type, plain: Plain, records: Records) -> Decimal:
    if isinstance(plain, bool) or not isinstance(plain, (int, float, str)):
        raise _mismatch(kind, plain)
    return Decimal(str(plain))


def _load_datetime(kind: Type, plain: Plain, records: Records) -> datetime:
    if isinstance(plain, datetime):
        return _in_utc(plain)
    if isinstance(plain, int) and not isinstance(plain, bool):
        return datetime.fromtimestamp(plain / 1000, UTC)
    if isinstance(plain, str):
        return _in_utc(datetime.fromisoformat(plain))
    raise _mismatch(kind, plain)


def _in_utc(time: datetime) -> datetime:
    # Without a zone it is UTC too, wherever the machine stands.
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _load_sequence(kind: Type, plain: Plain, records: Records) -> Any:
    if not isinstance(plain, list):
        raise _mismatch(kind, plain)
    values = [load(kind.args[0], item, records) for item in plain]
    return set(values) if kind.name == "set" else values


def _load_tuple(kind: Type, plain: Plain, records: Records) -> tuple[Any, ...]:
    if not isinstance(plain, list) or len(plain) != len(kind.args):
        raise _mismatch(kind, plain)
    return tuple(load(t, v, records) for t, v in zip(kind.args, plain, strict=True))


def _load_dict(kind: Type, plain: Plain, records: Records) -> dict[Any, Any]:
    if not isinstance(plain, dict):
        raise _mismatch(kind, plain)
    key, value = kind.args
    return {load(key, k, records): load(value, v, records) for k, v in plain.items()}


def _load_literal(kind: Type, plain: Plain, records: Records) -> Any:
    if not matches(kind, plain):
        raise _mismatch(kind, plain)
    return plain


def _load_union(kind: Type, plain: Plain, records: Records) -> Any:
    for alternative in kind.args:
        try:
            return load(alternative, plain, records)
        except SpecError:
            continue
    raise _mismatch(kind, plain)


def _expand(kind: Type, plain: Plain) -> list[Any]:
    match plain:
        case list():
            return plain
        case {"repeat": value, "times": int(times)} if len(plain) == 2:
            return [value] * times
        case {"start": start, "step": step, "times": int(times)} if len(plain) == 3:
            return [start + step * i for i in range(times)]
    raise _mismatch(kind, plain)


def _load_series(kind: Type, plain: Plain, records: Records) -> Any:
    import pandas as pd

    item = kind.args[0]
    blank = item.name == "float"
    values = [
        math.nan if blank and value is None else load(item, value, records)
        for value in _expand(kind, plain)
    ]
    return pd.Series(values, dtype=SERIES_DTYPES[item.name])


def _load_frame(kind: Type, plain: Plain, records: Records) -> Any:
    import pandas as pd

    if not isinstance(plain, dict):
        raise _mismatch(kind, plain)
    columns = {name: _column(kind, column) for name, column in plain.items()}
    if len(set(map(len, columns.values()))) > 1:
        raise _mismatch(kind, plain)
    return pd.DataFrame(columns)


def _column(kind: Type, plain: Plain) -> Any:
    values = _expand(kind, plain)
    if values and all(type(v) is int for v in values):
        return _load_series(Type("Series", (Type("int"),)), plain, {})
    return _load_series(Type("Series", (Type("float"),)), plain, {})


def _load_record(cls: type, kind: Type, plain: Plain, records: Records) -> Any:
    if not isinstance(plain, dict):
        raise _mismatch(kind, plain)
    types: Mapping[str, Type] = cls.__types__  # type: ignore[attr-defined]
    if unknown := set(plain) - set(types):
        raise SpecError(f"{kind} has no field {min(unknown)!r}; it has {list(types)}")
    try:
        return cls(**{n: load(types[n], v, records) for n, v in plain.items()})
    except TypeError as error:
        raise SpecError(f"{kind}: {error}") from None


_LOADERS: dict[str, Any] = {
    **dict.fromkeys(("bool", "int", "str", "None"), _load_scalar),
    "Any": lambda kind, plain, records: plain,
    "float": _load_float,
    "Decimal": _load_decimal,
    "datetime": _load_datetime,
    "list": _load_sequence,
    "set": _load_sequence,
    "tuple": _load_tuple,
    "dict": _load_dict,
    "Literal": _load_literal,
    "|": _load_union,
    "Series": _load_series,
    "Frame": _load_frame,
}


# --- value -> plain data ---------------------------------------------------------


def dump(value: Any) -> Plain:
    """Turn a value into plain YAML data that `load` reads back under its type."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((dump(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {_dump_key(k): dump(v) for k, v in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: dump(getattr(value, f.name)) for f in fields(value)}
    return _dump_number_or_table(value)


def _dump_key(value: Any) -> Plain:
    plain = dump(value)
    # YAML as a person writes it has no lists or mappings as keys.
    return repr(value) if isinstance(plain, (list, dict)) else plain


def _shortened(plain: Plain) -> Plain:
    """Write a long series of one value as its shorthand, which `load` reads too."""
    if not isinstance(plain, list) or len(plain) < SHORTHAND_FROM:
        return plain
    first = plain[0]
    same = all(item == first and type(item) is type(first) for item in plain)
    return {"repeat": first, "times": len(plain)} if same else plain


def _dump_number_or_table(value: Any) -> Plain:
    if hasattr(value, "columns"):
        return {str(name): _dump_column(value[name]) for name in value.columns}
    if hasattr(value, "tolist"):
        plain = value.tolist()
        return _dump_column(value) if isinstance(plain, list) else dump(plain)
    return value if isinstance(value, int) else repr(value)


def _dump_column(column: Any) -> Plain:
    items = column.tolist()
    blank = (None if isinstance(v, float) and math.isnan(v) else v for v in items)
    return _shortened([dump(item) for item in blank])
