"""The closed vocabulary of types that a spec may use, and their plain form in YAML.

A type is written as Python would write the annotation: `Decimal`, `list[Fill]`,
`Position | None`, `Literal["buy", "sell"]`, `Series[bool]`. `parse` reads it,
`load` turns plain YAML data into the typed value, `dump` turns it back, `matches`
checks a value exactly (True is not an int, 1 is not a float).
This module holds no values of its own and knows records only by the mapping it is given.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.errors import SpecError
from core.quoting import quoted

Plain = Any
Records = Mapping[str, type]

SCALARS = ("bool", "int", "float", "str", "Decimal", "datetime", "None", "Any")
GENERIC = {"list": 1, "set": 1, "dict": 2}
SHORTHAND_FROM = 9
SERIES_DTYPES = {"float": "float64", "int": "int64", "bool": "bool"}


@dataclass(frozen=True, slots=True)
class Type:
    """One node of a type: `name` and its arguments (literals: `choices`)."""

    name: str
    args: tuple[Type, ...] = ()
    choices: tuple[Any, ...] = ()

    def __str__(self) -> str:
        if self.name == "Literal":
            return f"Literal[{', '.join(map(_quoted, self.choices))}]"
        if self.name == "|":
            return " | ".join(map(str, self.args))
        if self.args:
            return f"{self.name}[{', '.join(map(str, self.args))}]"
        return self.name

    def walk(self) -> Iterator[Type]:
        """Yield this node and all below it."""
        yield self
        for arg in self.args:
            yield from arg.walk()


def _quoted(choice: Any) -> str:
    return quoted(choice) if isinstance(choice, str) else repr(choice)


def parse(text: str) -> Type:
    """Read a type; SpecError names what is not in the vocabulary."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"type {text!r} cannot be read: {error}") from None
    return _convert(node, text)


def _convert(node: ast.expr, text: str) -> Type:
    match node:
        case ast.Constant(value=None):
            return Type("None")
        case ast.Name(id=name):
            return _named(name, text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            sides = [_convert(left, text), _convert(right, text)]
            return Type("|", tuple(p for s in sides for p in _alternatives(s)))
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            return Type("Literal", choices=_literals(inner, text))
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(name, tuple(_convert(part, text) for part in parts), text)
    raise SpecError(f"type {text!r} is not in the vocabulary", hint=_HINT)


_HINT = (
    "use bool, int, float, str, Decimal, datetime, Series, Series[bool], Frame, "
    'list[T], dict[K, V], tuple[A, B], set[T], Literal["a", "b"], T | None, '
    "or the class name of a record"
)


def _named(name: str, text: str) -> Type:
    if name in SCALARS or name in ("Frame", "Series"):
        return Type("Series", (Type("float"),)) if name == "Series" else Type(name)
    if name[:1].isupper():
        return Type(name)
    raise SpecError(f"type {name!r} in {text!r} is not in the vocabulary", hint=_HINT)


def _generic(name: str, args: tuple[Type, ...], text: str) -> Type:
    if name == "tuple" and args:
        return Type(name, args)
    if name == "Series" and len(args) == 1 and args[0].name in SERIES_DTYPES:
        return Type(name, args)
    if GENERIC.get(name) == len(args):
        return Type(name, args)
    raise SpecError(f"type {text!r} is not in the vocabulary", hint=_HINT)


def _literals(node: ast.expr, text: str) -> tuple[Any, ...]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    if len(values) != len(parts):
        raise SpecError(f"type {text!r}: a Literal holds constants only")
    return tuple(values)


def _alternatives(kind: Type) -> tuple[Type, ...]:
    return kind.args if kind.name == "|" else (kind,)


def is_record(kind: Type) -> bool:
    """Tell whether this node names a record (and not a type of the vocabulary)."""
    known = (*SCALARS, *GENERIC, "tuple", "Series", "Frame", "Literal", "|")
    return kind.name not in known


def annotation(kind: Type) -> str:
    """Return the Python source of the annotation, as the header renders it."""
    if kind.name in ("Series", "Frame"):
        return {"Series": "pd.Series", "Frame": "pd.DataFrame"}[kind.name]
    if kind.name == "Literal":
        return str(kind)
    if kind.name == "|":
        return " | ".join(map(annotation, kind.args))
    if kind.args:
        return f"{kind.name}[{', '.join(map(annotation, kind.args))}]"
    return kind.name


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


# --- exact type check --------------------------------------------------------------

# Compared as classes, not by name: numpy has a `bool` of its own.
_PYTHON: dict[str, Any] = {
    t.__name__: t for t in (bool, int, float, str, Decimal, datetime, list, set)
}


def matches(kind: Type, value: Any) -> bool:
    """Tell whether the value is exactly of the type: True is not an int, 1 no float."""
    match kind.name:
        case "Any":
            return True
        case "None":
            return value is None
        case "|":
            return any(matches(arg, value) for arg in kind.args)
        case "Literal":
            return any(type(c) is type(value) and c == value for c in kind.choices)
        case "bool" | "int" | "float" | "str" | "Decimal" | "datetime":
            return type(value) is _PYTHON[kind.name]
        case "list" | "set":
            return type(value) is _PYTHON[kind.name] and all(
                matches(kind.args[0], item) for item in value
            )
        case "tuple":
            return (
                type(value) is tuple
                and len(value) == len(kind.args)
                and all(map(matches, kind.args, value))
            )
        case "dict":
            return type(value) is dict and all(
                matches(kind.args[0], k) and matches(kind.args[1], v)
                for k, v in value.items()
            )
        case "Series":
            dtype = str(getattr(value, "dtype", ""))
            return (
                type(value).__name__ == "Series"
                and dtype == SERIES_DTYPES[kind.args[0].name]
            )
        case "Frame":
            return type(value).__name__ == "DataFrame"
    return type(value).__name__ == kind.name
