"""Smaller inputs that fail in the same way: shorter tables and lists, rounder numbers.

Greedy and bounded: each step keeps a smaller input only if it still fails. The cuts are
coarse on purpose, so that the smallest input is the same on every machine and Python even
where a failure depends on a depth or a limit. Inputs are values, not their plain form;
the caller says what failing means.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

Arguments = Mapping[str, Any]
Fails = Callable[[Arguments], bool]
TRIALS = 48
# Only calls that take their time ever meet this: they are left larger.
BUDGET_S = 3.0
# The shares of a length that are tried; down to FEW also one less.
EIGHTHS = (1, 4, 6, 7)
FEW = 8


def minimise(
    arguments: Arguments,
    still_fails: Fails,
    trials: int = TRIALS,
    budget_s: float = BUDGET_S,
) -> dict[str, Any]:
    """Return the smallest failing arguments found within `trials` and `budget_s`."""
    best, left = dict(arguments), trials
    end = time.monotonic() + budget_s
    progress = True
    while progress:
        progress = False
        for smaller in _steps(best):
            if left <= 0 or time.monotonic() > end:
                return best
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
        one_column = getattr(value, "ndim", 0) == 1 and value.dtype.kind == "f"
        if one_column and not (value == 1.0).all():
            yield {**arguments, name: value * 0.0 + 1.0}


def _shorter(arguments: Arguments) -> Iterator[dict[str, Any]]:
    """Cut all tables of one length together: they belong to the same candles."""
    lengths = {len(v) for v in arguments.values() if _is_sequence(v)}
    for length in sorted(lengths, reverse=True):
        for keep in _cuts(length):
            yield {n: _cut(v, length, keep) for n, v in arguments.items()}


def _cuts(length: int) -> list[int]:
    cuts = {length * share // 8 for share in EIGHTHS}
    if length <= FEW:
        cuts.add(length - 1)
    return sorted(keep for keep in cuts if 0 < keep < length)


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
        # 1 first: what counts candles is seldom 0.
        yield from (1, 0)
    elif isinstance(value, float) and math.isfinite(value) and value != round(value):
        yield float(round(value))
    elif isinstance(value, Decimal) and value.is_finite() and value != round(value):
        yield Decimal(round(value))
