"""Hypothesis strategies for the types and domains of specs.

What is drawn is what a spec allows: `range`, `size` and `choices` of its parameters,
finite numbers only, and what `requires` keeps. Series of one call have one length.
Simple values come first, so that what is found shrinks to something readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from hypothesis import strategies as st

from architect.gate.constants import Constant, numbers_within
from architect.gate.repairs import repaired
from architect.gate.tables import (
    CANDLE,
    SHAPES,
    Column,
    coherent,
    column_values,
    times,
)
from core import types
from core.errors import RequiresError
from core.spec import Domain, Example, Param, Spec
from core.types import SERIES_DTYPES, Type

Strategy = st.SearchStrategy[Any]
Arguments = dict[str, Any]

NUMBERS = (-1_000_000.0, 1_000_000.0)
TABLE = (-1000.0, 1000.0)
ROWS = (1, 60)
ITEMS = (0, 8)
LETTERS = "abcxyzABCXYZ0189_- .é"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_MS = (1_600_000_000_000, 1_900_000_000_000)


class Draw:
    """Strategies for the values of one spec.

    `records` are the classes by name, `record_specs` the specs that their fields'
    domains are read from, by class name too. `constants` are drawn where they fit.
    """

    def __init__(
        self,
        records: Mapping[str, type],
        record_specs: Mapping[str, Spec],
        constants: tuple[Constant, ...] = (),
    ) -> None:
        self.records, self.record_specs = records, record_specs
        self.constants = constants

    def arguments(
        self,
        spec: Spec,
        keep: Callable[[Arguments], bool],
        given: Mapping[str, Domain] | None = None,
    ) -> Strategy:
        """Return a strategy of whole calls: a value for each parameter.

        `given` narrows single parameters; `keep` says which calls are allowed.
        """
        params = {n: _narrowed(p, (given or {}).get(n)) for n, p in spec.params.items()}
        kinds = {name: types.parse(param.type) for name, param in params.items()}
        single = {
            name: self.value(kinds[name], param)
            for name, param in params.items()
            if not _is_table(kinds[name], param)
        }
        parts: list[Strategy] = [st.fixed_dictionaries(single)]
        tables = {n: p for n, p in params.items() if n not in single}
        if tables:
            parts.append(_tables(tables, kinds, spec.examples))
        whole = st.tuples(*parts).map(lambda drawn: _merged(list(params), drawn))
        fixed = whole.map(lambda arguments: repaired(spec, arguments))
        return fixed.filter(keep)

    def value(self, kind: Type, domain: Domain) -> Strategy:
        """Return a strategy for one value."""
        if domain.choices is not None and _are_whole(kind, domain.choices):
            return st.sampled_from(self._choices(kind, domain.choices))
        maker = _MAKERS.get(kind.name)
        return maker(self, kind, domain) if maker else self.record(kind.name)

    def record(self, class_name: str) -> Strategy:
        """Return a strategy for a record; what its `requires` refuse is not drawn."""
        spec, cls = self.record_specs[class_name], self.records[class_name]
        fields = {
            name: self.value(types.parse(field.type), field)
            for name, field in spec.fields.items()
        }

        def make(values: Arguments) -> Any:
            try:
                return cls(**repaired(spec, values))
            except RequiresError:
                return None

        made = st.fixed_dictionaries(fields).map(make)
        return made.filter(lambda record: record is not None)

    def _choices(self, kind: Type, plain: list[Any]) -> list[Any]:
        return [types.load(kind, choice, self.records) for choice in plain]

    def items(self, kind: Type, domain: Domain) -> Strategy:
        """Return a strategy for lists of the first argument of a generic type."""
        low, high = domain.size or ITEMS
        one = Domain(range=domain.range, choices=domain.choices)
        item = self.value(kind.args[0], one)
        return st.lists(item, min_size=low, max_size=high)


def _narrowed(param: Param, given: Domain | None) -> Param:
    if given is None:
        return param
    changes = {name: getattr(given, name) for name in given.model_fields_set}
    return param.model_copy(update=changes)


def _are_whole(kind: Type, choices: list[Any]) -> bool:
    """Tell whether `choices` are values of the type itself, or those of its items."""
    if kind.name == "dict":
        return all(isinstance(choice, dict) for choice in choices)
    if kind.name in ("list", "set"):
        return all(isinstance(choice, list) for choice in choices)
    return True


def _is_table(kind: Type, param: Param) -> bool:
    whole = param.choices is not None and any(
        isinstance(choice, (list, dict)) for choice in param.choices
    )
    return kind.name in ("Series", "Frame") and not whole


def _merged(order: list[str], drawn: tuple[Arguments, ...]) -> Arguments:
    found = {name: value for part in drawn for name, value in part.items()}
    return {name: found[name] for name in order}


# --- single values ---------------------------------------------------------------


def _int(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    low, high = (round(bound) for bound in domain.range or NUMBERS)
    known = {round(v) for v in numbers_within(draw.constants, low, high)}
    edges = st.sampled_from(sorted({low, high, *known}, key=abs))
    spread = [st.integers(low, high), edges]
    if low <= 10 and high >= -10:
        spread.insert(0, st.integers(max(low, -10), min(high, 10)))
    return st.one_of(*spread)


def _float(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    low, high = domain.range or NUMBERS
    plain = (0, 1, -1, 0.5, 2, 10, 100, low, high, *draw.constants)
    known = {float(v) for v in numbers_within(plain, low, high)}
    edges = sorted(known, key=lambda v: (abs(v), v))
    full = st.floats(low, high, allow_nan=False, allow_subnormal=False)
    return st.one_of(st.sampled_from(edges), full.map(lambda v: v + 0.0))


def _decimal(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    low, high = (Decimal(str(bound)) for bound in domain.range or NUMBERS)
    grids = []
    for places in (0, 1, 2, 4, 8):
        bottom = int((low.scaleb(places)).to_integral_value("ROUND_CEILING"))
        top = int((high.scaleb(places)).to_integral_value("ROUND_FLOOR"))
        if bottom <= top:
            scaled = st.integers(bottom, top)
            grids.append(scaled.map(partial(_scaled, places)))
    known = numbers_within(draw.constants, float(low), float(high))
    edges = [low, high, *(Decimal(str(value)) for value in known)]
    return st.one_of(*grids, st.sampled_from(sorted(edges, key=abs)))


def _scaled(places: int, number: int) -> Decimal:
    return Decimal(number).scaleb(-places)


def _text(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    low, high = domain.size or ITEMS
    drawn = st.text(LETTERS, min_size=low, max_size=high)
    known = [v for v in draw.constants if isinstance(v, str) and low <= len(v) <= high]
    return st.one_of(drawn, st.sampled_from(known)) if known else drawn


def _datetime(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    low, high = (round(bound) for bound in domain.range or _DAYS_MS)
    return st.integers(low, high).map(lambda ms: _EPOCH + timedelta(milliseconds=ms))


def _set(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    return draw.items(kind, domain).map(set)


def _dict(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    low, high = domain.size or ITEMS
    key = draw.value(kind.args[0], Domain())
    one = Domain(range=domain.range, choices=domain.choices)
    value = draw.value(kind.args[1], one)
    return st.dictionaries(key, value, min_size=low, max_size=high)


def _tuple(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    one = Domain(range=domain.range)
    return st.tuples(*(draw.value(arg, one) for arg in kind.args))


def _union(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    return st.one_of(*(draw.value(arg, domain) for arg in kind.args))


def _any(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    return st.one_of(
        st.none(), st.booleans(), st.integers(-100, 100), st.text(LETTERS, max_size=4)
    )


def _table(draw: Draw, kind: Type, domain: Domain) -> Strategy:
    """A series or a frame inside another type; its length is its own."""
    param = Param(type=str(kind), meaning="", **domain.model_dump())
    drawn = _tables({"one": param}, {"one": kind}, [])
    return drawn.map(lambda arguments: arguments["one"])


_MAKERS: dict[str, Callable[[Draw, Type, Domain], Strategy]] = {
    "bool": lambda draw, kind, domain: st.booleans(),
    "None": lambda draw, kind, domain: st.none(),
    "Literal": lambda draw, kind, domain: st.sampled_from(kind.choices),
    "Any": _any,
    "int": _int,
    "float": _float,
    "Decimal": _decimal,
    "str": _text,
    "datetime": _datetime,
    "list": lambda draw, kind, domain: draw.items(kind, domain),
    "set": _set,
    "dict": _dict,
    "tuple": _tuple,
    "|": _union,
    "Series": _table,
    "Frame": _table,
}


# --- series and frames -----------------------------------------------------------


def _tables(
    params: Mapping[str, Param], kinds: Mapping[str, Type], examples: list[Example]
) -> Strategy:
    """All series and frames of one call: one draw of bytes, one shape, one length."""
    columns: dict[tuple[str, str], Column] = {}
    for name, param in params.items():
        if kinds[name].name == "Series":
            columns[name, ""] = _column(kinds[name].args[0].name, param)
        else:
            columns.update(_frame_columns(name, param, examples))
    low, high = _rows(params)
    drawn = st.tuples(_bytes(low, high, len(columns)), st.sampled_from(SHAPES))
    return drawn.map(lambda pair: _build(params, kinds, columns, pair[0], pair[1], low))


def _rows(params: Mapping[str, Param]) -> tuple[int, int]:
    sizes = [param.size or ROWS for param in params.values()]
    low, high = max(size[0] for size in sizes), min(size[1] for size in sizes)
    return low, max(low, high)


def _bytes(low: int, high: int, width: int) -> Strategy:
    """One branch for each least length: hypothesis draws lengths near the least, and
    shrinks to an earlier branch without losing the bytes."""
    starts = sorted({low + (high - low) * part // 8 for part in (0, 1, 2, 4, 6, 8)})
    top = high * width
    return st.one_of(*(st.binary(min_size=s * width, max_size=top) for s in starts))


def _column(item: str, param: Param) -> Column:
    low, high = param.range or TABLE
    return Column(SERIES_DTYPES[item], low, high, tuple(param.choices or ()))


def _frame_columns(
    name: str, param: Param, examples: list[Example]
) -> dict[tuple[str, str], Column]:
    """A frame's columns are those of its examples, candles where there are none."""
    shown = next((e.given[name] for e in examples if e.given.get(name)), None)
    plain = {column: [1.5] for column in CANDLE} if shown is None else shown
    low, high = param.range or (1.0, 1000.0)
    return {
        (name, column): _like(values, low, high) for column, values in plain.items()
    }


def _like(values: Any, low: float, high: float) -> Column:
    cells = values if isinstance(values, list) else list(values.values())[:1]
    whole = bool(cells) and all(type(cell) is int for cell in cells)
    return Column("int64" if whole else "float64", low, high)


def _build(
    params: Mapping[str, Param],
    kinds: Mapping[str, Type],
    columns: Mapping[tuple[str, str], Column],
    data: bytes,
    shape: str,
    low: int,
) -> Arguments:
    import pandas as pd

    width = len(columns)
    rows = len(data) // width
    steps = {key: data[i : rows * width : width] for i, key in enumerate(columns)}
    drawn = {k: column_values(c, steps[k], shape) for k, c in columns.items()}
    made: Arguments = {}
    plain = coherent({name: drawn[name, ""] for name in params if (name, "") in drawn})
    for name in params:
        if kinds[name].name == "Series":
            made[name] = pd.Series(plain[name], dtype=columns[name, ""].dtype)
        else:
            cells = coherent({c: v for (n, c), v in drawn.items() if n == name})
            if "time_ms" in cells:
                cells["time_ms"] = times(rows)
            made[name] = pd.DataFrame(cells)
    return made
