"""Hypothesis strategies for the types and domains of specs.

What is drawn is what a spec allows: `range`, `size` and `choices` of its parameters,
finite numbers only, and what `requires` keeps. Series of one call have one length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.strategies import SearchStrategy

from architect.gate import drawers
from architect.gate.constants import Constant, numbers_within
from architect.gate.domains import are_whole, is_table, narrowed
from architect.gate.drawers import Drawer, Drawn
from architect.gate.repairs import repaired
from architect.gate.table_drawers import tables
from core import plain_data, types
from core.errors import RequiresError
from core.spec import Domain, Param, Spec
from core.types import Type

Strategy = SearchStrategy[Any]
Arguments = dict[str, Any]

NUMBERS = (-1_000_000.0, 1_000_000.0)
ITEMS = (0, 8)
PLACES = (0, 1, 2, 4, 8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_MS = (1_600_000_000_000, 1_900_000_000_000)


class Draw:
    """Strategies for the values of one spec.

    `records` are the classes by name, `record_specs` the specs that their fields'
    domains are read from, by class name too. `constants` are drawn where they fit, and
    mostly, where `only` is set; `fits` tells whether any did.
    """

    def __init__(
        self,
        records: Mapping[str, type],
        record_specs: Mapping[str, Spec],
        constants: tuple[Constant, ...] = (),
        *,
        only: bool = False,
    ) -> None:
        self.records, self.record_specs = records, record_specs
        self.constants, self.only = constants, only
        self.fits = False

    def arguments(
        self,
        spec: Spec,
        keep: Callable[[Arguments], bool],
        given: Mapping[str, Domain] | None = None,
    ) -> Strategy:
        """Return a strategy of whole calls: a value for each parameter.

        `given` narrows single parameters; `keep` says which calls are allowed.
        """
        params = {n: narrowed(p, (given or {}).get(n)) for n, p in spec.params.items()}
        kinds = {name: types.parse(param.type) for name, param in params.items()}
        in_tables = {n: p for n, p in params.items() if is_table(kinds[n], p)}
        single = {
            name: self.value(kinds[name], param)
            for name, param in params.items()
            if name not in in_tables
        }
        all_tables = tables(in_tables, kinds, spec.examples) if in_tables else None

        def draw(data: ConjectureData) -> Arguments:
            found = {name: drawer(data) for name, drawer in single.items()}
            if all_tables is not None:
                found.update(all_tables(data))
            return repaired(spec, {name: found[name] for name in params})

        return Drawn(drawers.kept(draw, keep))

    def value(self, kind: Type, domain: Domain) -> Drawer:
        """Return a drawer for one value."""
        if domain.choices is not None and are_whole(kind, domain.choices):
            choices = [
                plain_data.load(kind, one, self.records) for one in domain.choices
            ]
            return drawers.pick(choices)
        maker = _MAKERS.get(kind.name)
        return maker(self, kind, domain) if maker else self.record(kind.name)

    def record(self, class_name: str) -> Drawer:
        """Return a drawer for a record; what its `requires` refuse is not drawn."""
        spec, cls = self.record_specs[class_name], self.records[class_name]
        fields = {
            name: self.value(types.parse(field.type), field)
            for name, field in spec.fields.items()
        }

        def draw(data: ConjectureData) -> Any:
            values = {name: drawer(data) for name, drawer in fields.items()}
            try:
                return cls(**repaired(spec, values))
            except RequiresError:
                return None

        return drawers.kept(draw, lambda made: made is not None)

    def items(self, kind: Type, domain: Domain) -> Drawer:
        """Return a drawer for lists of the first argument of a generic type."""
        one = Domain(range=domain.range, choices=domain.choices)
        return drawers.items(self.value(kind.args[0], one), *(domain.size or ITEMS))

    def weighed(
        self, plain: list[Drawer], edges: list[Drawer], known: list[Drawer]
    ) -> Drawer:
        """Return a drawer of plain values, edges of the domain and known constants."""
        if known:
            self.fits = True
        if known and self.only:
            return drawers.weighed(plain, known, often=1)
        return drawers.weighed(plain, [*edges, *known], often=1)

    def numbers(self, low: float, high: float) -> list[float]:
        """Return the constants that lie within the bounds."""
        return sorted(numbers_within(self.constants, low, high), key=abs)


# --- makers: type and domain to drawer -------------------------------------------


def _int(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    low, high = (round(bound) for bound in domain.range or NUMBERS)
    plain = [drawers.whole(low, high)]
    if low <= 10 and high >= -10:
        plain.insert(0, drawers.whole(max(low, -10), min(high, 10)))
    edges = [
        drawers.one_whole(low, high, edge) for edge in sorted({low, high}, key=abs)
    ]
    known = {round(value) for value in draw.numbers(low, high)}
    return draw.weighed(plain, edges, [drawers.one_whole(low, high, n) for n in known])


def _float(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    low, high = domain.range or NUMBERS
    simple = (0.0, 1.0, -1.0, 0.5, 2.0, 10.0, 100.0, low, high)
    edges = sorted({v for v in simple if low <= v <= high}, key=lambda v: (abs(v), v))
    known = draw.numbers(low, high)
    return draw.weighed(
        [drawers.real(low, high)],
        [drawers.real(low, high, float(edge)) for edge in edges],
        [drawers.real(low, high, float(value)) for value in known],
    )


def _decimal(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    low, high = (Decimal(str(bound)) for bound in domain.range or NUMBERS)
    plain = []
    for places in PLACES:
        bottom = int(low.scaleb(places).to_integral_value("ROUND_CEILING"))
        top = int(high.scaleb(places).to_integral_value("ROUND_FLOOR"))
        if bottom <= top:
            plain.append(_scaled(drawers.whole(bottom, top), places))
    edges = [drawers.just(edge) for edge in sorted({low, high}, key=abs)]
    known = [Decimal(str(value)) for value in draw.numbers(float(low), float(high))]
    return draw.weighed(plain or edges, edges, [drawers.just(one) for one in known])


def _scaled(number: Drawer, places: int) -> Drawer:
    return lambda data: Decimal(number(data)).scaleb(-places)


def _text(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    low, high = domain.size or ITEMS
    texts = [value for value in draw.constants if isinstance(value, str)]
    known = [t for t in texts if domain.size is None or low <= len(t) <= high]
    return draw.weighed([drawers.text(low, high)], [], [drawers.just(t) for t in known])


def _datetime(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    ms = drawers.whole(*(round(bound) for bound in domain.range or _DAYS_MS))
    return lambda data: _EPOCH + timedelta(milliseconds=ms(data))


def _set(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    listed = draw.items(kind, domain)
    return lambda data: set(listed(data))


def _dict(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    one = Domain(range=domain.range, choices=domain.choices)
    key = draw.value(kind.args[0], Domain())
    value = draw.value(kind.args[1], one)
    pairs = drawers.items(
        lambda data: (key(data), value(data)), *(domain.size or ITEMS)
    )
    return lambda data: dict(pairs(data))


def _tuple(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    parts = [draw.value(arg, Domain(range=domain.range)) for arg in kind.args]
    return lambda data: tuple(part(data) for part in parts)


def _union(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    return drawers.one_of([draw.value(arg, domain) for arg in kind.args])


def _any(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    simple = (drawers.just(None), drawers.pick([False, True]))
    return drawers.one_of([*simple, drawers.whole(-100, 100), drawers.text(0, 4)])


def _table(draw: Draw, kind: Type, domain: Domain) -> Drawer:
    """A series or a frame inside another type; its length is its own."""
    param = Param(type=str(kind), meaning="", **domain.model_dump())
    drawn = tables({"one": param}, {"one": kind}, [])
    return lambda data: drawn(data)["one"]


_MAKERS: dict[str, Callable[[Draw, Type, Domain], Drawer]] = {
    "bool": lambda draw, kind, domain: drawers.pick([False, True]),
    "None": lambda draw, kind, domain: drawers.just(None),
    "Literal": lambda draw, kind, domain: drawers.pick(kind.choices),
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
