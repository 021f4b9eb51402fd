"""Constants that a body and its spec's claims name: the values where behaviour turns.

They are drawn beside the edges of a domain, so that `if size > 1000` meets 1000.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from core.spec import Spec

Constant = int | float | str
SMALL = 2  # drawn often as they are


def claimed_constants(spec: Spec) -> tuple[Constant, ...]:
    """Return the constants of a spec's requires, ensures and properties."""
    claims = [*spec.requires, *spec.ensures, *(p.check for p in spec.properties)]
    return constants_in(text.strip() for text in claims)


def own_constants(body: str, known: Iterable[Constant]) -> tuple[Constant, ...]:
    """Return the constants of a body that are neither known nor small numbers."""
    source = "def body():\n" + textwrap.indent(body, "    ")
    return tuple(c for c in constants_in([source]) if c not in known and not _small(c))


def _small(value: Constant) -> bool:
    return not isinstance(value, str) and value == value // 1 and abs(value) <= SMALL


def constants_in(sources: Iterable[str]) -> tuple[Constant, ...]:
    """Return numbers and texts of Python sources, smallest first; unreadable ones give
    none. The text of a number (`Decimal("0.01")`) is a number too."""
    found: set[Constant] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):  # ValueError: a null byte, before 3.11.4
            continue
        found.update(v for n in ast.walk(tree) for v in _values(n))
    found.update(filter(None, (_number(v) for v in list(found) if isinstance(v, str))))
    return tuple(sorted(found, key=lambda v: (isinstance(v, str), len(str(v)), str(v))))


def _values(node: ast.AST) -> list[Constant]:
    match node:
        case ast.UnaryOp(
            op=ast.USub(), operand=ast.Constant(value=int() | float() as n)
        ):
            return [-n]
        case ast.Constant(value=bool() | complex() | bytes() | None):
            return []
        case ast.Constant(value=int() | float() | str() as value):
            return [value]
    return []


def _number(text: str) -> float | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() else None


def numbers_within(
    constants: Iterable[Constant], low: float, high: float
) -> list[float]:
    """Return the numbers in the range, and those one beside a whole one: < turns where
    <= does not."""
    near: dict[float, None] = {}
    for value in constants:
        if isinstance(value, str) or value != value:
            continue
        near[value] = None
        if abs(value) < 1e15 and value == int(value):
            near.update({value - 1: None, value + 1: None})
    return [value for value in near if low <= value <= high]
