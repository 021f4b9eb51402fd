"""Runs inside the worker: notes what the places of an instrumented body come to.

For each place a number whose bits say what was seen (see `architect.gate.coverage`).
Nothing here is a guard: a body that the structure rules let through cannot reach it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from types import (
    BuiltinMethodType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
)
from typing import Any

RAN, TRUE, FALSE, VARIED = 1, 2, 4, 8
CHANGED, CHOSEN = 1 << 4, 1 << 20

NAMES = (
    "ran", "saw", "cells", "chain", "applied", "cut", "chose", "got", "picked", "masked",
    "called", "handed", "getter", "chooser",
)  # fmt: skip
METHODS = (BuiltinMethodType, FunctionType, MethodType, MethodDescriptorType)
SPLITTING = frozenset(["split", "rsplit", "partition", "rpartition"])
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul,
    "Div": operator.truediv, "FloorDiv": operator.floordiv, "Mod": operator.mod,
    "Pow": operator.pow, "LShift": operator.lshift, "RShift": operator.rshift,
    "BitAnd": operator.and_, "BitOr": operator.or_, "BitXor": operator.xor,
    "MatMult": operator.matmul,
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le,
    "Gt": operator.gt, "GtE": operator.ge, "Is": operator.is_, "IsNot": operator.is_not,
    "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
}  # fmt: skip


class Observer:
    """Notes by number of the place; `needs` are the bits that each place asks for."""

    def __init__(self, needs: Sequence[int]) -> None:
        self.needs = needs
        self.bits = [0] * len(needs)
        self.first: dict[int, Any] = {}

    def names(self) -> dict[str, Callable[..., Any]]:
        """Return what an instrumented body calls."""
        return {f"_observed_{name}": getattr(self, name) for name in NAMES}

    def done(self) -> bool:
        """Tell whether every place has shown all that it is asked for."""
        return all(
            not need & ~bits for need, bits in zip(self.needs, self.bits, strict=True)
        )

    # --- what an instrumented body calls: each returns what it was given ---------------

    def ran(self, i: int, value: Any = None) -> Any:
        """Note that a place was reached."""
        self.bits[i] |= RAN
        return value

    def saw(self, i: int, value: Any) -> Any:
        """Note a value: its truth, and whether it differs from an earlier one."""
        left = self.needs[i] & ~self.bits[i]
        if left:
            self.bits[i] |= RAN
            if left & (TRUE | FALSE):
                self.bits[i] |= _truth(value)
            if left & VARIED and str(getattr(value, "dtype", "")) == "bool":
                self._cells(i, value)
            elif left & VARIED and not _same(self.first.setdefault(i, value), value):
                self.bits[i] |= VARIED
        return value

    def cells(self, i: int, value: Any) -> Any:
        """Like `saw`; of a table each cell is a value of its own."""
        if not hasattr(value, "dtype") and not hasattr(value, "dtypes"):
            return self.saw(i, value)
        if self.needs[i] & VARIED & ~self.bits[i]:
            self._cells(i, value)
        self.bits[i] |= RAN | TRUE | FALSE
        return value

    def _cells(self, i: int, value: Any) -> None:
        import numpy as np

        try:
            flat = np.asarray(value).ravel()
            flat = flat[flat == flat]
            if len(flat) and bool((flat != self.first.setdefault(i, flat[0])).any()):
                self.bits[i] |= VARIED
        except Exception:
            self.bits[i] |= VARIED

    def chain(self, points: Sequence[int], ops: Sequence[str], *parts: Any) -> Any:
        """Compare a chain, each link a place; all parts but the first are functions."""
        left, result = parts[0], True
        for i, op, part in zip(points, ops, parts[1:], strict=True):
            right = part()
            result = self.cells(i, OPERATORS[op](left, right))
            if len(ops) > 1 and not result:
                return result
            left = right
        return result

    def applied(self, i: int, op: str, left: Any, right: Any) -> Any:
        """Apply an operator; note whether its result is ever anything but an operand."""
        if not self.needs[i] & ~self.bits[i]:
            return OPERATORS[op](left, right)
        result = OPERATORS[op](left, right)
        self._changed(i, result, left, right)
        return self.cells(i, result)

    def cut(self, i: int, base: Any, key: Any) -> Any:
        """Take a slice; note whether it ever leaves anything out."""
        result = base[key]
        # What .iloc and .loc cut is the table that they belong to.
        self._changed(i, result, getattr(base, "obj", base))
        return self.ran(i, result)

    def chose(self, i: int, choose: Any, *args: Any) -> Any:
        """Choose by min or max; note which arguments were ever the only answer."""
        result = choose(*args)
        alike = [_same(result, arg) for arg in args]
        if not all(alike):
            for k, one in enumerate(alike):
                self.bits[i] |= self.needs[i] & CHOSEN << k if one else 0
        return self.ran(i, result)

    def got(self, i: int, base: Any, key: Any, default: Any = None) -> Any:
        """Ask a mapping; note which entry, or the default, was the answer."""
        result = base.get(key, default)
        last = self.needs[i].bit_length() - 1
        place = last if key not in base else CHOSEN.bit_length() - 1
        if key in base and last > place + 1:
            place += list(base).index(key)
        self.bits[i] |= 1 << place
        return self.saw(i, result)

    def picked(self, i: int, base: Any, key: Any) -> Any:
        """Look an entry of a written table up; note which it was."""
        result = base[key]
        place = (
            list(base).index(key) if isinstance(base, dict) else range(len(base))[key]
        )
        self.bits[i] |= CHOSEN << place
        return self.saw(i, result)

    def masked(self, i: int, base: Any, key: Any) -> Any:
        """Look up by any key; note whether a mask ever leaves anything out."""
        result = base[key]
        if str(getattr(key, "dtype", "")) == "bool":
            self._changed(i, result, getattr(base, "obj", base))
        else:
            self.bits[i] |= CHANGED
        return self.saw(i, result)

    def called(self, i: int, base: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method, or a function if the name is empty; note whether its result is
        ever anything but what it was made of."""
        if name:
            result = getattr(base, name)(*args, **kwargs)
            whole = name in SPLITTING and base in result
            self._changed(i, base if whole else result, base)
        else:
            result = base(*args, **kwargs)
            self._changed(i, result, *args)
        return self.saw(i, result)

    # --- functions that are handed on as values ----------------------------------------

    def handed(self, i: int, value: Any) -> Any:
        """Watch a method; a field that is none is let be."""
        if not isinstance(value, METHODS):
            self.bits[i] |= self.needs[i]
            return value
        return lambda *args, **kwargs: self.called(i, value, "", *args, **kwargs)

    def getter(self, i: int, base: Any) -> Any:
        """Watch the `get` of a mapping."""
        return lambda key, default=None: self.got(i, base, key, default)

    def chooser(self, i: int, choose: Any) -> Any:
        """Watch min or max, of arguments or of the items of one."""

        def chosen(*args: Any, **kwargs: Any) -> Any:
            items = tuple(args[0]) if len(args) == 1 else args
            if len(items) < 2:
                return self.ran(i, choose(items, **kwargs))
            return self.chose(i, lambda *_: choose(items, **kwargs), *items)

        return chosen

    def _changed(self, i: int, result: Any, *operands: Any) -> None:
        left = self.needs[i] & ~self.bits[i]
        for k, operand in enumerate(operands):
            if left & CHANGED << k and not _same(result, operand):
                self.bits[i] |= CHANGED << k


def _truth(value: Any) -> int:
    try:
        return TRUE if value else FALSE
    except Exception:
        # A table has no truth of its own, and the body will be told so.
        return TRUE | FALSE


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same to whoever looks at them, NaN as NaN."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    try:
        if hasattr(one, "equals"):
            return bool(one.equals(other))
        if hasattr(one, "dtype"):
            return _same_cells(one, other)
        return bool(one == other) or (one != one and other != other)
    except Exception:
        return False


def _same_cells(one: Any, other: Any) -> bool:
    import numpy as np

    if np.shape(one) != np.shape(other):
        return False
    return bool(np.all((one == other) | ((one != one) & (other != other))))
