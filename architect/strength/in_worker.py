"""Runs inside the sandboxed worker: one function, many codes, inputs kept.

The text of this file is loaded into the worker as a module beside the accepted one. Each
mutant's code is put into the accepted function, so header and wrapper are compiled once.
What comes out is only what differs from the first code's answers. Nothing here is
trusted: a mutant shares its process with it.
"""

from __future__ import annotations

import decimal
import json
import marshal
import sys
from dataclasses import dataclass
from types import CodeType
from typing import Any

from architect.gate.sandbox.loading import load_module
from architect.gate.sandbox.unchanged import PLAIN, held, holds, is_table, key
from architect.gate.sandbox.worker import Serving
from core import values


@dataclass
class _Input:
    """One kept input: what is called with it, and how it was before the call.

    `before` is None where nothing in it can be changed.
    """

    given: dict[str, Any]
    scripts: dict[str, Any]
    before: str | None
    held: Any
    right: Any = None  # what marks the first code's result, None if it gave none


class _Trials:
    """The function under trial, the kept inputs, and the first code's answers."""

    def __init__(self) -> None:
        self.serving = Serving(-1, load_module, values)
        self.function: Any = None
        self.inputs: list[_Input] = []
        self.first: list[str] = []
        self.returned: Any = None

    def keep(self, given: dict[str, Any], scripts: dict[str, Any]) -> str:
        """Keep an input; return the answer to it."""
        frozen = all(_is_frozen(value) for value in given.values())
        before = None if frozen else _text(given)
        one = _Input(given, scripts, before, held(given, _is_frozen))
        self.inputs.append(one)
        answer = self.answer(len(self.inputs) - 1)
        if not one.scripts and self.returned is not None:
            one.right = _mark(self.returned)
        return answer

    def is_same(self, which: int) -> bool:
        """Tell whether the bare body surely answers a kept input as the first code did.

        The header's checks need no second look at the same arguments and result, and
        cost more than many a body.
        """
        one = self.inputs[which]
        if one.right is None:
            return False
        decimal.setcontext(decimal.Context())
        try:
            mark = _mark(self.function.__wrapped__(**one.given))
        except BaseException:
            mark = None
        if one.before is not None and self._is_changed(one):
            self._restore(one)
            return False
        return bool(mark == one.right)

    def answer(self, which: int) -> str:
        """Call with one kept input; return the answer as the worker would write it."""
        one = self.inputs[which]
        calls: list[Any] = []
        ports = self.serving._ports(one.scripts, calls) if one.scripts else {}
        answer = self._called({**ports, **one.given})
        if one.scripts:
            answer["ports"] = calls
        if one.before is not None and self._is_changed(one):
            changed = one.given
            self._restore(one)
            answer["mutated"] = {
                name: values.encode(value)
                for name, value in changed.items()
                if _text(value) != _text(one.given[name])
            }
        return json.dumps(answer)

    def _restore(self, one: _Input) -> None:
        assert one.before is not None
        one.given = self.serving._decode(json.loads(one.before))
        one.held = held(one.given, _is_frozen)

    def _called(self, given: dict[str, Any]) -> dict[str, Any]:
        # Every call begins alike. An accepted body's mutant has no way to randomness.
        decimal.setcontext(decimal.Context())
        self.returned = None
        try:
            self.returned = self.function(**given)
        except BaseException as error:
            return self.serving._raised(error)
        return self.serving._valued(self.returned)

    def _is_changed(self, one: _Input) -> bool:
        if holds(one.given, one.held):
            return False
        return _text(one.given) != one.before


class _Remembered:
    """A used module's function over tables, run once for each input: it is accepted, so
    it answers alike each time and changes nothing, and costs more than most bodies."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.answers: dict[Any, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        asked = (*map(key, args), *((n, key(value)) for n, value in kwargs.items()))
        if None in asked or not any(isinstance(part, tuple) for part in asked):
            return self.function(*args, **kwargs)
        if asked not in self.answers:
            self.answers[asked] = self.function(*args, **kwargs)
        answer = self.answers[asked]
        return answer.copy() if is_table(answer) else answer


_trials = _Trials()


def begin(module: str, function: str) -> int:
    """Choose the function; `module` is loaded already."""
    _trials.function = getattr(sys.modules[module], function)
    scope = _trials.function.__wrapped__.__globals__
    for name, used in list(scope.items()):
        if used is not _trials.function and _answers_alike(used):
            scope[name] = _Remembered(used)
    for name, loaded in list(sys.modules.items()):
        if name.startswith("generated."):
            _trials.serving._collect_records(loaded)
    return 0


def _answers_alike(used: Any) -> bool:
    wrapping = getattr(used, "__wrapping__", None)
    return wrapping is not None and not wrapping.ports


def keep(inputs: str, scripts: str) -> list[str]:
    """Keep inputs and return the answers to them, as the right ones from now on.

    Both are JSON, arguments and port scripts. No other code was put in yet.
    """
    decode = _trials.serving._decode
    pairs = zip(json.loads(inputs), json.loads(scripts), strict=True)
    answers = [
        _trials.keep({name: decode(plain) for name, plain in given.items()}, script)
        for given, script in pairs
    ]
    _trials.first += answers
    return answers


def differing(code: str, which: list[int], most: int) -> list[tuple[int, str]]:
    """Put in another code; return up to `most` inputs on which it answers otherwise."""
    put(code)
    found: list[tuple[int, str]] = []
    for i in which:
        if _trials.is_same(i):
            continue
        answer = _trials.answer(i)
        if answer != _trials.first[i]:
            found.append((i, answer))
            if len(found) == most:
                break
    return found


def put(code: str) -> int:
    """Put another code into the function."""
    made = marshal.loads(code.encode("latin-1"))
    assert isinstance(made, CodeType)
    _trials.function.__wrapped__.__code__ = made
    return 0


def _mark(value: Any) -> Any:
    """Return what only values that are written alike have in common; None for none."""
    found = key(value)
    if found is None:
        try:
            found = _text(value)
        except BaseException:
            return None
    return found


def _text(value: Any) -> str:
    return json.dumps(values.encode(value))


def _is_frozen(value: Any) -> bool:
    if isinstance(value, PLAIN):
        return True
    if isinstance(value, tuple):
        return all(map(_is_frozen, value))
    names = getattr(type(value), "__dataclass_fields__", None)
    return names is not None and all(_is_frozen(getattr(value, n)) for n in names)
