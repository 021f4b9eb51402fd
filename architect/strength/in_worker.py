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
from dataclasses import fields, is_dataclass
from types import CodeType
from typing import Any

from architect.gate.sandbox.loading import load_module
from architect.gate.sandbox.worker import Serving
from core import values

_PLAIN = (type(None), bool, int, float, str, decimal.Decimal)


class _Trials:
    """The function under trial, the kept inputs, and the first code's answers."""

    def __init__(self) -> None:
        self.serving = Serving(-1, load_module, values)
        self.function: Any = None
        self.inputs: list[tuple[dict[str, Any], str | None, dict[str, Any]]] = []
        self.first: list[str] = []

    def answer(self, which: int) -> str:
        """Call with one kept input; return the answer as the worker would write it."""
        given, before, scripts = self.inputs[which]
        calls: list[Any] = []
        ports = self.serving._ports(scripts, calls) if scripts else {}
        # Every call begins alike.
        decimal.setcontext(decimal.Context())
        answer, _ = self.serving._timed(self.function, {**ports, **given})
        if scripts:
            answer["ports"] = calls
        if before is not None and _text(given) != before:
            fresh = self.serving._decode(json.loads(before))
            answer["mutated"] = {
                name: values.encode(given[name])
                for name in given
                if _text(given[name]) != _text(fresh[name])
            }
            self.inputs[which] = fresh, before, scripts
        return json.dumps(answer)


_trials = _Trials()


def begin(module: str, function: str) -> int:
    """Choose the function; `module` is loaded already."""
    _trials.function = getattr(sys.modules[module], function)
    for name, loaded in list(sys.modules.items()):
        if name.startswith("generated."):
            _trials.serving._collect_records(loaded)
    return 0


def keep(inputs: list[dict[str, Any]], scripts: str) -> list[str]:
    """Keep inputs and return the answers to them, as the right ones from now on.

    `scripts` holds the port scripts of each as JSON. No other code was put in yet.
    """
    answers = []
    for given, script in zip(inputs, json.loads(scripts), strict=True):
        frozen = all(_is_frozen(value) for value in given.values())
        _trials.inputs.append((given, None if frozen else _text(given), script))
        answers.append(_trials.answer(len(_trials.inputs) - 1))
    _trials.first += answers
    return answers


def differing(code: str, which: list[int], most: int) -> list[tuple[int, str]]:
    """Put in another code; return up to `most` inputs on which it answers otherwise."""
    put(code)
    found: list[tuple[int, str]] = []
    for i in which:
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


def _text(value: Any) -> str:
    return json.dumps(values.encode(value))


def _is_frozen(value: Any) -> bool:
    if isinstance(value, _PLAIN):
        return True
    if isinstance(value, tuple):
        return all(map(_is_frozen, value))
    if is_dataclass(value) and not isinstance(value, type):
        return all(_is_frozen(getattr(value, f.name)) for f in fields(value))
    return False
