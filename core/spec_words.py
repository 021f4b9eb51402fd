"""The words of a spec: names, types, expressions, imports and ports, each checked as text."""

from __future__ import annotations

import ast
import difflib
import keyword
import re
from typing import Annotated

from pydantic import AfterValidator

from core import types
from core.errors import SpecError
from core.imports import IMPORTS

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a lower_snake_case name")
    if keyword.iskeyword(value):
        raise ValueError(f"{value!r} is a word of Python")
    return value


def _type(value: str) -> str:
    try:
        types.parse(value)
    except SpecError as error:
        raise ValueError(
            f"{error}; {error.hint}" if error.hint else str(error)
        ) from None
    return value


def check_expression(value: str) -> str:
    """Return an expression that only looks; ValueError for any other text."""
    try:
        tree = ast.parse(value, mode="eval")
        # It is rendered into a line of its own: a comment would swallow what follows.
        ast.parse(f"({value})", mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{value!r} is not a Python expression: {error}") from None
    if any(isinstance(node, _STATEFUL) for node in ast.walk(tree)):
        raise ValueError(f"{value!r} binds or waits; an expression only looks")
    return value


# A yield would turn the whole checked call into a generator.
_STATEFUL = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)


def _importable(value: str) -> str:
    if value not in IMPORTS:
        near = difflib.get_close_matches(value, IMPORTS, 1)
        more = f"; the nearest is {near[0]!r}" if near else ""
        raise ValueError(f"{value!r} may not be imported{more}")
    return value


def _port(value: str) -> str:
    if not value.isidentifier() or keyword.iskeyword(value):
        raise ValueError(f"{value!r} is not the name of a port")
    return value


Name = Annotated[str, AfterValidator(_name)]
TypeText = Annotated[str, AfterValidator(_type)]
Expression = Annotated[str, AfterValidator(check_expression)]
Import = Annotated[str, AfterValidator(_importable)]
PortName = Annotated[str, AfterValidator(_port)]
