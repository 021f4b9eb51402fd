"""More inputs on which a mutant may differ: beside the examples, mixed of what was drawn.

They only show a difference; no mutant is caught by them. All of them keep the spec's
domain and requires, and the accepted body answers them well.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from architect.gate.constants import constants_in
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.requires import neighbours
from architect.gate.contract.terms import Arguments, Terms
from architect.strength import scripts
from architect.strength.bench import Call
from architect.strength.within import Specs, within
from core import plain_data
from core.errors import RequiresError

TRIES = 4000
# A call over a table costs a hundred times what another costs.
MANY, FEW = 160, 30


def nearby(terms: Terms, inputs: Inputs, body: str) -> list[Call]:
    """Return the inputs for one spec, the same in every run."""
    if terms.spec.ports:
        return scripts.others(terms, inputs)
    if not terms.spec.params:
        return []
    tables = any(kind.name in ("Series", "Frame") for kind in terms.kinds.values())
    random, most = Random(0), FEW if tables else MANY
    drawn = [one for pool in inputs.pool.values() for one in pool]
    good = _good(terms) + random.sample(drawn, min(len(drawn), 4))
    ways = (_beside(good, terms, body, random), _mixed(_good(terms), drawn, random))
    inside = _Inside(terms, inputs.draw.record_specs)
    found: list[Arguments] = []
    for way in ways:
        tried = itertools.islice(way, TRIES)
        kept = (one for one in tried if inside(one))
        found += itertools.islice(kept, most)
    return [Call(arguments) for arguments in found]


def _beside(
    good: list[Arguments], terms: Terms, body: str, random: Random
) -> Iterator[Arguments]:
    """Yield good arguments with something changed, to what the body names above all."""
    source = "def body():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    known = constants_in([source, *terms.spec.requires, *terms.spec.ensures])
    numbers = [float(n) for n in known if not isinstance(n, str)]
    made = itertools.chain(_cells(good, terms), neighbours(good, numbers))
    every = list(itertools.islice(made, TRIES))
    random.shuffle(every)
    return iter(every)


def _mixed(
    good: list[Arguments], known: list[Arguments], random: Random
) -> Iterator[Arguments]:
    """Yield arguments whose parts come from different known ones, half of them good."""
    while known:
        one = random.choice(good if good and random.random() < 0.5 else known)
        other = random.choice(good if good and random.random() < 0.5 else known)
        yield {
            name: _crossed(value, other.get(name, value), random)
            for name, value in one.items()
        }


def _crossed(one: Any, other: Any, random: Random) -> Any:
    """Return one of two values; of records and lists, parts of both."""
    if isinstance(one, list) and isinstance(other, list):
        return one[: len(one) // 2] + other[len(other) // 2 :]
    if is_dataclass(one) and type(one) is type(other) and not isinstance(one, type):
        names = [f.name for f in fields(one) if random.random() < 0.5]
        with suppress(RequiresError):
            return replace(one, **{name: getattr(other, name) for name in names})
    return one if random.random() < 0.5 else other


def _good(terms: Terms) -> list[Arguments]:
    shown = (terms.load(e.given) for e in terms.spec.examples if e.raises is None)
    whole = ({**terms.defaults, **one} for one in shown)
    return [one for one in whole if terms.allowed(one)]


class _Inside:
    """Tells which arguments keep the spec's domain and requires.

    Most are made of values that others hold too: each of these is looked at once.
    """

    def __init__(self, terms: Terms, records: Specs) -> None:
        self.terms, self.records = terms, records
        # As long as a value is held here, no other has its id.
        self.known: dict[tuple[str, int], tuple[Any, bool]] = {}

    def __call__(self, arguments: Arguments) -> bool:
        fits = all(self._fits(name, value) for name, value in arguments.items())
        return fits and self.terms.allowed(arguments)

    def _fits(self, name: str, value: Any) -> bool:
        key = name, id(value)
        if key not in self.known:
            kind, param = self.terms.kinds[name], self.terms.spec.params[name]
            self.known[key] = value, within(kind, param, value, self.records)
        return self.known[key][1]


def _cells(good: list[Arguments], terms: Terms) -> Iterator[Arguments]:
    """Yield arguments with some of a series, or one value of a mapping, changed."""
    for arguments in good:
        for name, value in arguments.items():
            if hasattr(value, "iloc") and value.ndim == 1 and len(value):
                edges = terms.spec.params[name].range or ()
                for other in _other_series(value, edges):
                    yield {**arguments, name: other}
            if isinstance(value, dict):
                for key, one in value.items():
                    yield {**arguments, name: {**value, key: one + one}}


def _other_series(series: Any, edges: Iterable[float]) -> Iterator[Any]:
    """Yield the series with one cell changed, or all from one on at an edge."""
    for at in sorted({0, len(series) // 2, len(series) - 1}):
        for factor in (0.5, 2.0, 1.01):
            other = series.copy()
            other.iloc[at] = other.iloc[at] * factor
            yield other
        for edge in edges:
            other = series.copy()
            other.iloc[at:] = edge
            yield other


def shape(terms: Terms, arguments: Arguments) -> Arguments:
    """Return the arguments without those that are the defaults."""
    defaults = terms.defaults
    return {
        name: value
        for name, value in arguments.items()
        if name not in defaults
        or plain_data.dump(value) != plain_data.dump(defaults[name])
    }
