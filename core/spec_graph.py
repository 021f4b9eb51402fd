"""All specs of a package together: which uses which, and in what order to build.

It checks what no single spec can know: that every used module exists, that records
named in types exist, and that nothing uses itself in a circle.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from core.errors import SpecError
from core.spec import Spec, snake
from core.spec_text import load_spec, spec_paths
from core.types import nearest


@dataclass(frozen=True)
class SpecGraph:
    """Specs by name; `uses` holds what each needs, records of its types included."""

    specs: Mapping[str, Spec]
    uses: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]

    def __iter__(self) -> Iterator[Spec]:
        return (self.specs[name] for name in self.order)

    def get(self, name: str) -> Spec:
        """Return one spec; SpecError names the nearest when there is none."""
        if name in self.specs:
            return self.specs[name]
        near = difflib.get_close_matches(name, self.specs, 1)
        hint = f"did you mean {near[0]!r}?" if near else "architect status lists them"
        raise SpecError(f"there is no spec {name!r}", hint=hint)

    def needs(self, name: str) -> list[str]:
        """Return all that `name` needs, directly or not, in build order."""
        return self._closure(name, self.uses)

    def dependents(self, name: str) -> list[str]:
        """Return all that need `name`, directly or not, in build order."""
        users: dict[str, list[str]] = {n: [] for n in self.specs}
        for user, used in self.uses.items():
            for one in used:
                users[one].append(user)
        return self._closure(name, users)

    def _closure(
        self, name: str, edges: Mapping[str, tuple[str, ...] | list[str]]
    ) -> list[str]:
        found: set[str] = set()
        waiting = list(edges[name])
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(edges[one])
        return [n for n in self.order if n in found]


# The last graph of each folder.
_LOADED: dict[Path, SpecGraph] = {}


def load_graph(folder: Path) -> SpecGraph:
    """Read every spec of `folder`; SpecError for the first thing that does not hold.

    Where no text has changed, it is the same object as before.
    """
    paths = spec_paths(folder)
    if not paths:
        raise SpecError(
            f"{folder}: no specs", hint="see specs/README.md for the format"
        )
    specs = {path.stem: load_spec(path) for path in paths}
    known = _LOADED.get(folder)
    if known is None or not _same(known.specs, specs):
        known = _LOADED[folder] = graph(specs)
    return known


def readable_graph(folder: Path) -> tuple[SpecGraph, dict[str, SpecError]]:
    """Return the graph of all specs that hold together, and what is wrong with each other.

    Without a broken spec that is `load_graph`'s; what uses a broken one is broken too.
    """
    specs: dict[str, Spec] = {}
    broken: dict[str, SpecError] = {}
    for path in spec_paths(folder):
        try:
            specs[path.stem] = load_spec(path)
        except SpecError as error:
            broken[path.stem] = error
    while more := _broken(specs, broken):
        broken |= more
        specs = {name: spec for name, spec in specs.items() if name not in more}
    return (graph(specs) if broken and specs else load_graph(folder)), broken


def _broken(
    specs: Mapping[str, Spec], broken: Mapping[str, SpecError]
) -> dict[str, SpecError]:
    """Return what is wrong with those that cannot be placed among the others."""
    found = {}
    for name, spec in specs.items():
        needed = {*spec.uses, *map(snake, spec.record_types)} & broken.keys()
        try:
            if needed:
                raise SpecError(
                    f"{name}: uses {min(needed)}, whose spec is broken",
                    hint=f"mend {min(needed)} first",
                )
            _uses(spec, specs)
        except SpecError as error:
            found[name] = error
    return found


def _same(one: Mapping[str, Spec], other: Mapping[str, Spec]) -> bool:
    return one.keys() == other.keys() and all(one[n] is other[n] for n in one)


def graph(specs: Mapping[str, Spec]) -> SpecGraph:
    """Order specs by what they use."""
    uses = {name: _uses(spec, specs) for name, spec in specs.items()}
    try:
        order = tuple(
            TopologicalSorter({n: sorted(u) for n, u in uses.items()}).static_order()
        )
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise SpecError(
            f"specs use each other in a circle: {circle}",
            hint="move what both need into a third spec",
        ) from None
    return SpecGraph(specs, uses, order)


def _uses(spec: Spec, specs: Mapping[str, Spec]) -> tuple[str, ...]:
    for name in spec.uses:
        if name not in specs:
            raise _missing(spec, name, specs)
    records = [snake(class_name) for class_name in spec.record_types]
    for name, class_name in zip(records, spec.record_types, strict=True):
        if name not in specs or specs[name].kind != "record":
            raise SpecError(
                f"{spec.name}: type {class_name} is no record",
                hint=_record_hint(name, class_name, specs),
            )
    return tuple(sorted({*spec.uses, *records}))


def _record_hint(name: str, class_name: str, specs: Mapping[str, Spec]) -> str:
    records = [other for other, spec in specs.items() if spec.kind == "record"]
    near = difflib.get_close_matches(name, records, 1)
    meant = nearest(class_name) or (specs[near[0]].class_name if near else "")
    if meant:
        return f"did you mean {meant}?"
    return f"write specs/trading/{name}.yaml, or mend the type"


def _missing(spec: Spec, name: str, specs: Mapping[str, Spec]) -> SpecError:
    near = difflib.get_close_matches(name, specs, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"write specs/trading/{name}.yaml"
    return SpecError(f"{spec.name}: uses {name!r}, which has no spec", hint=hint)
