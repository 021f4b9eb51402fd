"""Kinds of values, coarse enough to say that an expression cannot stand for another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from numbers import Number

Kinds = frozenset[str]
UNKNOWN: Kinds = frozenset()


def kind_of(value: object) -> str:
    """Return a value's kind: bool, num, str, seq, dict, set, none, iter, call, table (of
    pandas or numpy) or class."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Number):
        return "num"
    if isinstance(value, str | bytes):
        return "str"
    if isinstance(value, list | tuple | deque | range):
        return "seq"
    if isinstance(value, dict):
        return "dict"
    if isinstance(value, set | frozenset):
        return "set"
    if isinstance(value, Iterator):
        return "iter"
    if hasattr(value, "ndim") and hasattr(value, "dtype"):
        return "table"
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return "call"
    return f"class {type(value).__name__}"


def fits(left: Kinds, right: Kinds) -> bool:
    """Tell whether values of one kind may stand for the other; unknown fits all."""
    return not left or not right or bool(_wide(left) & _wide(right))


def _wide(kinds: Kinds) -> Kinds:
    if kinds & {"bool", "num", "table"}:
        kinds = kinds | {"bool", "num", "table"}
    if kinds & {"seq", "iter"}:
        kinds = kinds | {"seq", "iter"}
    return kinds
