"""What a draft must say beyond the format: enough examples, units, bad input.

A spec that a person writes may do with less; a draft that leaves one of these open is
sent back to the model, which has the sentence to ask about.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from architect.gate.expressions import names
from core import types
from core.plain_words import counted
from core.spec import Param, Returns, Spec

ENOUGH = 3
_NUMBERS = {"int", "float", "Decimal", "Series", "Frame"}
_SIZED = {"str", "list", "set", "dict", "Series", "Frame"}
# Endings of names that say the unit.
UNITS = ("_usd", "_frac", "_ms", "_s", "_price", "_ratio", "_rate", "_count")


def lacking(spec: Spec, before: Spec | None = None) -> Iterator[str]:
    """Yield what a draft does not say; of a changed spec, only for inputs that are new."""
    yield from _without_unit(spec, before)
    if spec.kind == "record":
        return
    yield from _too_few(spec)
    for name, param in spec.params.items():
        known = before is not None and before.params.get(name) == param
        if not known and not _bad_input_named(spec, name, param):
            yield (
                f"nothing says what bad input {name!r} may hold: add a requires on it, or"
                f" an example with {_worst(param)}"
            )


def _too_few(spec: Spec) -> Iterator[str]:
    held = sum(example.held_back for example in spec.examples)
    for count, what in ((len(spec.examples) - held, "visible"), (held, "held-back")):
        if count < ENOUGH:
            yield f"{counted(count, f'{what} example')}; at least {ENOUGH} are needed"


def _without_unit(spec: Spec, before: Spec | None) -> Iterator[str]:
    known = {} if before is None else {**before.params, **before.fields}
    named: list[tuple[str, Param | Returns]] = [
        *spec.params.items(),
        *spec.fields.items(),
    ]
    for name, value in named:
        if known.get(name) != value and _needs_unit(name, value):
            yield f"{name!r} is a number without a unit: give unit, such as USD or candles"
    returns = spec.returns
    same = before is not None and before.returns == returns
    if returns is not None and not same and _needs_unit("", returns):
        yield "returns is a number without a unit: give unit"


def _needs_unit(name: str, value: Param | Returns) -> bool:
    kinds = {node.name for node in types.parse(value.type).walk()}
    return bool(kinds & _NUMBERS) and not value.unit and not name.endswith(UNITS)


def _bad_input_named(spec: Spec, name: str, param: Param) -> bool:
    kinds = {node.name for node in types.parse(param.type).walk()}
    if param.choices is not None or not kinds & (_NUMBERS | _SIZED):
        return True
    if any(name in names(text) for text in spec.requires):
        return True
    return any(_edge(e.given[name]) for e in spec.examples if name in e.given)


def _worst(param: Param) -> str:
    kinds = {node.name for node in types.parse(param.type).walk()}
    worst = ["none of them (empty)"] if kinds & _SIZED else []
    worst += ["NaN"] if kinds & {"float", "Series"} else []
    return " or ".join(worst) or "zero or a negative number"


def _edge(value: Any) -> bool:
    """Tell whether a plain value is, or holds, one at which code goes wrong."""
    match value:
        case None | "" | [] | {}:
            return True
        case bool():
            return False
        case int() | float():
            return value <= 0 or math.isnan(value)
        case str():
            return _number(value) is not None and _edge(_number(value))
        case dict():
            return any(map(_edge, value.values()))
        case list():
            return any(map(_edge, value))
    return False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
