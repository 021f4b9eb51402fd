"""Draws all series and frames of one call: one draw of bytes, one shape, one length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.internal.conjecture.data import ConjectureData

from architect.gate.drawers import Drawer, one_of, pick, some_bytes
from architect.gate.tables import (
    CANDLE,
    SHAPES,
    Column,
    coherent,
    column_values,
    times,
)
from core.spec import Example, Param
from core.types import SERIES_DTYPES, Type

TABLE = (-1000.0, 1000.0)
FRAME = (1.0, 1000.0)
ROWS = (1, 60)

# (parameter, column of a frame or "") -> what it may hold
Columns = dict[tuple[str, str], Column]


def tables(
    params: Mapping[str, Param], kinds: Mapping[str, Type], examples: list[Example]
) -> Drawer:
    """Return a drawer of the values of all `params`, by name."""
    columns: Columns = {}
    for name, param in params.items():
        if kinds[name].name == "Series":
            columns[name, ""] = _column(kinds[name].args[0].name, param)
        else:
            columns.update(_frame_columns(name, param, examples))
    content = _bytes(*_rows(params), len(columns))
    shape = pick(SHAPES)

    def draw(data: ConjectureData) -> dict[str, Any]:
        return _build(kinds, columns, content(data), shape(data))

    return draw


def _rows(params: Mapping[str, Param]) -> tuple[int, int]:
    sizes = [param.size or ROWS for param in params.values()]
    low, high = max(size[0] for size in sizes), min(size[1] for size in sizes)
    return low, max(low, high)


def _bytes(low: int, high: int, width: int) -> Drawer:
    """One branch for each least length: hypothesis draws lengths near the least, and
    shrinks to an earlier branch without losing the bytes."""
    starts = sorted({low + (high - low) * part // 8 for part in (0, 1, 2, 4, 6, 8)})

    return one_of([some_bytes(start * width, high * width) for start in starts])


def _column(item: str, param: Param) -> Column:
    low, high = param.range or TABLE
    return Column(SERIES_DTYPES[item], low, high, tuple(param.choices or ()))


def _frame_columns(name: str, param: Param, examples: list[Example]) -> Columns:
    """A frame's columns are those of its examples, candles where there are none."""
    shown = next((e.given[name] for e in examples if e.given.get(name)), None)
    plain = {column: [1.5] for column in CANDLE} if shown is None else shown
    low, high = param.range or FRAME
    return {
        (name, column): _like(values, low, high) for column, values in plain.items()
    }


def _like(values: Any, low: float, high: float) -> Column:
    cells = values if isinstance(values, list) else list(values.values())[:1]
    integer = bool(cells) and all(type(cell) is int for cell in cells)
    return Column("int64" if integer else "float64", low, high)


def _build(
    kinds: Mapping[str, Type], columns: Columns, data: bytes, shape: str
) -> dict[str, Any]:
    width = len(columns)
    rows = len(data) // width
    cells = {
        key: column_values(column, data[i : rows * width : width], shape)
        for i, (key, column) in enumerate(columns.items())
    }
    series = coherent({name: v for (name, part), v in cells.items() if not part})
    made: dict[str, Any] = {}
    for name, part in columns:
        if not part:
            made[name] = _series(series[name], columns[name, part].dtype)
        elif name not in made:
            made[name] = _frame(
                {c: v for (n, c), v in cells.items() if n == name}, rows
            )
    return made


def _series(values: list[Any], dtype: str) -> Any:
    import numpy as np
    import pandas as pd

    return pd.Series(np.array(values, dtype=dtype), copy=False)


def _frame(cells: dict[str, list[Any]], rows: int) -> Any:
    import pandas as pd

    ordered = coherent(cells)
    if "time_ms" in ordered:
        ordered["time_ms"] = times(rows)
    return pd.DataFrame(ordered)
