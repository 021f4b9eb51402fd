"""Series and frames out of bytes: how the gate draws tables.

One byte string for all the series of a call is one draw for hypothesis, which then
shrinks it towards few and small values. Values are short decimals, so that a
counter-example can be read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHAPES = ("steps", "levels", "walk")
CANDLE = ("time_ms", "open", "high", "low", "close", "volume")
_PRICES = ("open", "high", "low", "close")
FIRST_MS, STEP_MS = 1_700_000_000_000, 300_000


@dataclass(frozen=True)
class Column:
    """One series: its dtype and the values that it may hold."""

    dtype: str = "float64"
    low: float = -1000.0
    high: float = 1000.0
    choices: tuple[Any, ...] = ()


def column_values(column: Column, steps: Sequence[int], shape: str) -> list[Any]:
    """Return one value a byte."""
    if column.dtype == "bool":
        return [bool(step & 1) for step in steps]
    if column.choices:
        return [column.choices[step % len(column.choices)] for step in steps]
    values = _numbers(column, steps, shape)
    if column.dtype == "int64":
        low, high = math.ceil(column.low), math.floor(column.high)
        return [min(max(round(value), low), high) for value in values]
    return [min(max(_short(value), column.low), column.high) for value in values]


def _numbers(column: Column, steps: Sequence[int], shape: str) -> list[float]:
    low, span = column.low, column.high - column.low
    if shape == "walk":
        return _walk(column, steps)
    if shape == "levels":
        return [low + span * step / 255 for step in steps]
    start = min(max(0.0, low), column.high) if low > -1 else low
    unit = 10.0 ** math.floor(math.log10(min(span, 100.0) / 100)) if span else 0.0
    if low < 0 < column.high:
        # Small magnitudes of both signs: 0, 1, -1, 2, -2 ...
        return [unit * ((step + 1) // 2) * (1 if step & 1 else -1) for step in steps]
    return [start + unit * step for step in steps]


def _walk(column: Column, steps: Sequence[int]) -> list[float]:
    low, high = column.low, column.high
    value = math.sqrt(low * high) if low > 0 else (low + high) / 2
    values = []
    for step in steps:
        move = (step + 1) // 2 * (1 if step & 1 else -1) / 1280
        value += value * move if low > 0 else (high - low) * move / 4
        value = min(max(value, low), high)
        values.append(value)
    return values


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def coherent(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Order open, high, low and close as candles have them, where they stand together."""
    prices = [columns[name] for name in _PRICES if name in columns]
    rows = list(zip(*prices, strict=True))
    made = dict(columns)
    if "high" in columns and len(prices) > 1:
        made["high"] = [max(row) for row in rows]
    if "low" in columns and len(prices) > 1:
        made["low"] = [min(row) for row in rows]
    return made


def times(count: int) -> list[int]:
    """Return `count` candle times, five minutes apart, UTC milliseconds."""
    return [FIRST_MS + STEP_MS * i for i in range(count)]
