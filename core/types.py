"""The closed vocabulary of types that a spec may use.

A type is written as Python would write the annotation: `Decimal`, `list[Fill]`,
`Position | None`, `Literal["buy", "sell"]`, `Series[bool]`. `parse` reads it,
`annotation` renders it for a header, `matches` checks a value exactly (True is not an
int, 1 is not a float). How values are written in YAML is `core/plain_data.py`.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from core.errors import SpecError
from core.quoting import quoted

SCALARS = ("bool", "int", "float", "str", "Decimal", "datetime", "None", "Any")
GENERIC = {"list": 1, "set": 1, "dict": 2}
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


@cache
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


# What other languages and formats call them.
_OTHER_WORDS = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "Decimal or float",
    "double": "float",
    "boolean": "bool",
    "array": "list",
    "mapping": "dict",
    "object": "dict",
    "null": "None",
    "timestamp": "datetime",
    "dataframe": "Frame",
}


def _named(name: str, text: str) -> Type:
    if name in SCALARS or name in ("Frame", "Series"):
        return Type("Series", (Type("float"),)) if name == "Series" else Type(name)
    if name[:1].isupper():
        return Type(name)
    raise SpecError(
        f"type {name!r} in {text!r} is not in the vocabulary", hint=_hint(name)
    )


def _hint(name: str) -> str:
    near = nearest(name)
    # One that is meant and written wrongly: its arguments are missing or too many.
    return f"did you mean {near}?" if near not in ("", name) else _HINT


def nearest(name: str) -> str:
    """Return the type of the vocabulary that is meant by a word, empty if none is near."""
    known = (*SCALARS, *GENERIC, "tuple", "Series", "Frame", "Literal")
    said = {word.lower(): word for word in known} | _OTHER_WORDS
    found = difflib.get_close_matches(name.lower(), said, 1, cutoff=0.8)
    return said[found[0]] if found else ""


def _generic(name: str, args: tuple[Type, ...], text: str) -> Type:
    if name == "tuple" and args:
        return Type(name, args)
    if name == "Series" and len(args) == 1 and args[0].name in SERIES_DTYPES:
        return Type(name, args)
    if GENERIC.get(name) == len(args):
        return Type(name, args)
    raise SpecError(f"type {text!r} is not in the vocabulary", hint=_hint(name))


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
