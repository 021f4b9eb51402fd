"""Check that each `requires` is enforced: a call that breaks only it is refused.

The inputs are good ones with one or two arguments replaced by edge values and by the
numbers that the expression itself names.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.ports import script
from architect.gate.contract.properties import RESULTS
from architect.gate.contract.terms import Arguments, Terms
from core.errors import RequiresError

TRIES = 3000
DRAWN = 8


def checks(terms: Terms, inputs: Inputs, cases: int) -> list[Check]:
    """Return one check for each `requires`; it starts from some of the `cases` on which
    results are judged."""
    if not terms.spec.requires:
        return []
    good = _good(terms, inputs, cases)
    return [
        Check(f"requires {text}", partial(_check, terms, good, i))
        for i, text in enumerate(terms.spec.requires)
    ]


def _good(terms: Terms, inputs: Inputs, cases: int) -> list[Arguments]:
    spec = terms.spec
    shown = [terms.load(e.given) for e in spec.examples if not e.held_back]
    good = [one for one in shown if terms.allowed(one)]
    if not spec.ports and spec.params:
        good += inputs.sample(RESULTS, cases, terms.allowed)[:DRAWN]
    return good


def _check(terms: Terms, good: list[Arguments], i: int) -> Failure | None:
    arguments = next(_breaking(terms, good, i), None)
    if arguments is None:
        # Nothing found that breaks it alone: the header holds the check all the same.
        return None
    answer = terms.call(arguments, script(terms.spec, {}, terms.records))
    text = f"{terms.spec.name} requires {terms.spec.requires[i]}"
    if answer.error == "RequiresError" and answer.message == text:
        return None
    why = f"{text}, and does not refuse what breaks it"
    return terms.failure(why, arguments, answer, raises="RequiresError")


def _breaking(terms: Terms, good: list[Arguments], i: int) -> Iterator[Arguments]:
    """Yield arguments that break `requires[i]` and no other."""
    numbers = _numbers(terms.spec.requires[i])
    for arguments in itertools.islice(neighbours(good, numbers), TRIES):
        if terms.broken_requires(arguments) == [i]:
            yield arguments


def _numbers(text: str) -> list[float]:
    nodes = ast.walk(ast.parse(text.strip(), mode="eval"))
    found = [n.value for n in nodes if isinstance(n, ast.Constant)]
    return [v for v in found if isinstance(v, (int, float)) and not isinstance(v, bool)]


def neighbours(good: list[Arguments], numbers: list[float]) -> Iterator[Arguments]:
    """Yield good arguments with one or two replaced by edges and by what is near `numbers`."""
    for arguments in good:
        for name, value in arguments.items():
            for other in _others(value, numbers):
                yield {**arguments, name: other}
    for arguments in good[:2]:
        for a, b in itertools.combinations(arguments, 2):
            pools = _others(arguments[a], numbers), _others(arguments[b], numbers)
            for one, two in itertools.product(*pools):
                yield {**arguments, a: one, b: two}


def _others(value: Any, numbers: list[float]) -> list[Any]:
    """Return edge values of the type of `value`."""
    near = [0, 1, -1, *(n + d for n in numbers for d in (0, -1, 1)), 10**9, -(10**9)]
    match value:
        case bool():
            return [not value]
        case int():
            return [int(n) for n in near]
        case float():
            return [float(n) for n in near]
        case Decimal():
            return [Decimal(str(n)) for n in near]
        case str():
            return ["", "x", value * 2]
        case list():
            return _other_lists(value, numbers)
        case dict():
            return _other_mappings(value, numbers)
        case set():
            return [set()]
        case None:
            return []
    if is_dataclass(value):
        return _other_records(value, numbers)
    return _other_tables(value, numbers) if hasattr(value, "iloc") else []


def _other_records(value: Any, numbers: list[float]) -> list[Any]:
    """Return records with one field changed, those that can be made."""
    made = []
    for field in fields(value):
        for other in _others(getattr(value, field.name), numbers):
            with suppress(RequiresError):
                made.append(replace(value, **{field.name: other}))
    return made


def _other_lists(value: list[Any], numbers: list[float]) -> list[Any]:
    swapped = [[*value[:-1], o] for o in _others(value[-1], numbers)] if value else []
    return [[], value[::-1], value + value, value[:-1], *swapped]


def _other_mappings(value: dict[Any, Any], numbers: list[float]) -> list[Any]:
    """Return mappings with one value changed, and none at all."""
    last = list(value)[-1:]
    changed = [{**value, key: o} for key in last for o in _others(value[key], numbers)]
    return [{}, *changed]


def _other_tables(value: Any, numbers: list[float]) -> list[Any]:
    """Return cut, reversed and filled tables; a table of truth values is inverted."""
    made = [value.iloc[:0], value.iloc[:-1], value.iloc[::-1].reset_index(drop=True)]
    dtypes = getattr(value, "dtypes", None)
    if str(dtypes) == "bool":
        return [*made, ~value]
    if str(dtypes) == "float64":
        made += [value * 0 + n for n in (float("nan"), float("inf"))]
    made += [value * 0 + int(n) for n in (0, -1, *numbers)]
    return [*made, -value]
