"""Rebuilds values from their plain form, trusting nothing of it.

Only the types named here and the records that are handed in are made, within the bounds of
`value_bounds`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.value_bounds import (
    COLUMN_DTYPES,
    MAX_ROWS,
    NUMPY_DTYPES,
    Hashes,
    NotPlain,
    check_decimal,
    check_depth,
    check_dtype,
    check_members,
    check_text,
)

_NUMBERS = ("float64", "int64", "bool")
Records = Mapping[str, type]


def decode(plain: Any, records: Records) -> Any:
    """Rebuild the value; NotPlain when the data describes none."""
    return _Decoding(records).value(plain, 0)


class _Decoding:
    """One value on its way back."""

    def __init__(self, records: Records) -> None:
        self.records, self.hashes = records, Hashes()

    def value(self, plain: Any, depth: int) -> Any:
        check_depth(depth)
        kind = type(plain)
        if kind is list:
            return [self.value(item, depth + 1) for item in plain]
        if kind is str:
            return check_text(plain)
        if kind is int:
            return self.hashes.check_int(plain)
        if kind is not dict:
            return plain
        try:
            return _MAKERS[plain["$"]](self, plain, depth + 1)
        except NotPlain:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:300]
            raise NotPlain(f"not a plain value: {why}") from None

    def items(self, plain: Any, depth: int) -> list[Any]:
        if type(plain) is not list:
            raise NotPlain("items are a list")
        return [self.value(item, depth) for item in plain]

    def tuple(self, plain: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self.items(plain["v"], depth))

    def set(self, plain: Any, depth: int) -> set[Any]:
        check_members(len(plain["v"]))
        return set(self.items(plain["v"], depth))

    def frozenset(self, plain: Any, depth: int) -> frozenset[Any]:
        return frozenset(self.set(plain, depth))

    def dict(self, plain: Any, depth: int) -> dict[Any, Any]:
        check_members(len(plain["v"]))
        return {self.value(k, depth): self.value(v, depth) for k, v in plain["v"]}

    def decimal(self, plain: Any, depth: int) -> Decimal:
        return self.hashes.check_decimal(check_decimal(Decimal(plain["v"])))

    def record(self, plain: Any, depth: int) -> Any:
        values = {k: self.value(v, depth) for k, v in plain["v"].items()}
        return self.records[plain["name"]](**values)

    def numpy(self, plain: Any, depth: int) -> Any:
        import numpy as np

        dtype, shape = check_dtype(plain["dtype"], NUMPY_DTYPES), plain["shape"]
        # Of nothing there may be rows without end, and each would be a list.
        if math.prod(n for n in shape if n) > MAX_ROWS:
            raise NotPlain(f"more than {MAX_ROWS} rows")
        array = np.array(plain["v"], dtype=dtype)
        if plain["array"]:
            return array.reshape(shape)
        return array.reshape(()).dtype.type(array)

    def index(self, plain: Any, depth: int) -> Any:
        import pandas as pd

        name = self.value(plain.get("name"), depth)
        if "range" in plain:
            start, stop, step = plain["range"]
            index = pd.RangeIndex(start, stop, step, name=name)
            if len(index) > MAX_ROWS:
                raise NotPlain(f"more than {MAX_ROWS} rows")
            return index
        values = self.items(plain["values"], depth)
        dtype: Any = check_dtype(plain["dtype"], COLUMN_DTYPES)
        return pd.Index(values, dtype=dtype, name=name)

    def series(self, plain: Any, depth: int) -> Any:
        import pandas as pd

        index, name = self.index(plain["index"], depth), self.value(
            plain["name"], depth
        )
        cells = self.cells(plain["v"], plain["dtype"], depth)
        # Without a dtype pandas would look at objects again and find texts.
        return pd.Series(cells, index=index, name=name, dtype=cells.dtype, copy=False)

    def cells(self, plain: Any, dtype: Any, depth: int) -> Any:
        if type(plain) is not list:
            raise NotPlain("a column is a list")
        kind: Any = check_dtype(dtype, COLUMN_DTYPES)
        if kind in _NUMBERS:
            import numpy as np

            return np.array(plain, dtype=kind)
        import pandas as pd

        return pd.array(self.items(plain, depth), dtype=kind)

    def frame(self, plain: Any, depth: int) -> Any:
        import pandas as pd

        check_members(len(plain["v"]))
        index = self.index(plain["index"], depth)
        columns = {}
        for name, dtype, values in plain["v"]:
            cells = self.cells(values, dtype, depth)
            column = pd.Series(cells, index=index, dtype=cells.dtype, copy=False)
            columns[self.value(name, depth)] = column
        return pd.DataFrame(columns, index=index)


_MAKERS: Mapping[str, Callable[[_Decoding, Any, int], Any]] = {
    "dict": _Decoding.dict,
    "tuple": _Decoding.tuple,
    "set": _Decoding.set,
    "frozenset": _Decoding.frozenset,
    "decimal": _Decoding.decimal,
    "datetime": lambda self, plain, depth: datetime.fromisoformat(plain["v"]),
    "timedelta": lambda self, plain, depth: timedelta(*plain["v"]),
    "record": _Decoding.record,
    "numpy": _Decoding.numpy,
    "series": _Decoding.series,
    "frame": _Decoding.frame,
}
