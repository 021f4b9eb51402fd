"""Smaller inputs that fail in the same way: shorter tables and lists, rounder numbers.

Greedy and bounded: each step keeps a smaller input only if it still fails. Inputs are
values, not their plain form; the caller says what failing means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

Arguments = Mapping[str, Any]
TRIALS = 48


def minimise(
    arguments: Arguments, still_fails: Callable[[Arguments], bool], trials: int = TRIALS
) -> dict[str, Any]:
    """Return the smallest failing arguments that were found within `trials`."""
    best = dict(arguments)
    left = trials
    progress = True
    while progress and left > 0:
        progress = False
        for smaller in _steps(best):
            if left <= 0:
                break
            left -= 1
            if still_fails(smaller):
                best, progress = smaller, True
                break
    return best


def _steps(arguments: Arguments) -> Iterator[dict[str, Any]]:
    yield from _flatter(arguments)
    yield from _shorter(arguments)
    for name, value in arguments.items():
        for simpler in _simpler(value):
            yield {**arguments, name: simpler}


def _flatter(arguments: Arguments) -> Iterator[dict[str, Any]]:
    """Try every table of one number alone: its values may not matter at all."""
    for name, value in arguments.items():
        if getattr(value, "ndim", 0) == 1 and value.dtype.kind == "f" and value.nunique() > 1:
            yield {**arguments, name: value * 0.0 + 1.0}


def _shorter(arguments: Arguments) -> Iterator[dict[str, Any]]:
    """Cut all tables of one length together: they belong to the same candles."""
    lengths = {len(v) for v in arguments.values() if _is_sequence(v)}
    for length in sorted(lengths, reverse=True):
        for keep in sorted({length // 8, length // 2, length - 1}):
            if 0 < keep < length:
                yield {n: _cut(v, length, keep) for n, v in arguments.items()}


def _cut(value: Any, length: int, keep: int) -> Any:
    if not _is_sequence(value) or len(value) != length:
        return value
    if isinstance(value, list):
        return value[-keep:]
    return value.iloc[-keep:].reset_index(drop=True)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list) or hasattr(value, "iloc")


def _simpler(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        return
    if isinstance(value, int) and value not in (0, 1):
        yield from (0, 1)
    elif isinstance(value, float) and value == value and value != round(value):
        yield float(round(value))
    elif isinstance(value, Decimal) and value.is_finite() and value != round(value):
        yield Decimal(round(value))
