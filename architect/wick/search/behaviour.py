"""What a program does on fresh calls, as text that can be compared and sent."""

from __future__ import annotations

import copy
import itertools
import signal
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any

from architect.wick.search.checks import Namespace
from architect.wick.search.input_objects import is_object
from architect.wick.search.inputs import Call
from architect.wick.search.runner import OutOfSteps, Runner

STEPS = 30_000
SECONDS = 0.05
ITEMS = 2_000
ENDLESS = 4
NO_END = "(no end)"


def behaviour(
    runner: Runner, units: list[CodeType], calls: Sequence[Call]
) -> list[str]:
    """Return for each call what came back; errors begin with `!`.

    After `ENDLESS` calls without an end the rest are taken to have none either.
    """
    told: list[str] = []
    for call in calls:
        endless = told.count(f"!{NO_END}") >= ENDLESS
        told.append(f"!{NO_END}" if endless else one_call(runner, units, call))
    return told


def one_call(
    runner: Runner, units: list[CodeType], call: Call, steps: int = STEPS,
    seconds: float = SECONDS,
) -> str:  # fmt: skip
    """Return what one call gives: a value, `!` and an error's name, or no end."""
    told = _once(runner, units, call, steps, seconds)
    if told == f"!{NO_END}" and runner.was_late(seconds):
        told = _once(runner, units, call, steps, seconds)
    return told


def _once(
    runner: Runner, units: list[CodeType], call: Call, steps: int, seconds: float
) -> str:
    entry, args, kwargs = copy.deepcopy(call)
    try:
        try:
            namespace: Namespace = runner.namespace(units, steps, seconds)
            return canonical(_whole(namespace[entry](*args, **kwargs)))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except OutOfSteps:
        return f"!{NO_END}"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"!{type(error).__name__}"


def _whole(value: Any) -> Any:
    if isinstance(value, Iterator):
        return list(itertools.islice(value, ITEMS))
    return value


def canonical(value: Any, seen: tuple[int, ...] = ()) -> str:
    """Return a value as text that is the same for equal values, whatever their order.

    Floats are rounded to 9 digits; numbers that are equal read the same.
    """
    if id(value) in seen:
        return f"^{len(seen) - seen.index(id(value))}"
    inner = (*seen, id(value))
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, dict):
        items = sorted(
            (canonical(k, inner), canonical(v, inner)) for k, v in value.items()
        )
        return "{" + ", ".join(f"{k}: {v}" for k, v in items) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(canonical(v, inner) for v in value)) + "}"
    if isinstance(value, list | tuple):
        ends = "[]" if isinstance(value, list) else "()"
        return ends[0] + ", ".join(canonical(v, inner) for v in value) + ends[1]
    if hasattr(value, "tolist"):
        return f"{type(value).__name__}{canonical(value.tolist(), inner)}"
    if is_object(value):
        return f"{type(value).__name__}{canonical(vars(value), inner)}"
    return repr(value)


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else f"{value:.9g}"
