"""What one spec allows its body to name: derived from the spec and nothing else."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from architect.gate import allowed
from architect.port_methods import methods
from core import errors, types
from core.spec import Spec, snake
from core.spec_graph import SpecGraph
from core.template_header import render_header


@dataclass(frozen=True)
class Scope:
    """The names and attributes of one body.

    `modules` and `ports` map a name to its members and stand only before a dot (a port
    may also be handed to a used module that takes it); `uses` says of each used module
    which ports it takes, in order; `answered` are those whose errors of a port are
    contained when live; `exceptions` may be raised, `caught` may be caught; `taken` may
    not be bound. `times` tells whether tables may hold times here.
    """

    names: frozenset[str]
    attributes: frozenset[str]
    modules: Mapping[str, frozenset[str]]
    ports: Mapping[str, frozenset[str]]
    exceptions: frozenset[str]
    caught: frozenset[str]
    classes: frozenset[str]
    uses: Mapping[str, Mapping[str, frozenset[str]]]
    answered: frozenset[str]
    taken: frozenset[str]
    times: bool


def scope_of(spec: Spec, graph: SpecGraph, package: str = "trading") -> Scope:
    """Return what the body of `spec` may name; SpecError for a port that is none."""
    header = _header_names(render_header(spec, package))
    imported = header & {*spec.import_names, *_TYPE_NAMES}
    ports = _ports(spec, package)
    records = _records(spec, graph, package)
    made = header & {s.class_name for s in graph if s.kind == "record"}
    used = {*spec.uses, spec.name} - {snake(name) for name in made}
    uses = {n: _ports(graph.specs.get(n, spec), package) for n in used}
    modules = {n: _module(n, header) for n in imported if n in allowed.MODULES}
    exceptions = allowed.EXCEPTIONS | {n for n in imported if n in _ERRORS}
    caught = allowed.EXCEPTIONS - allowed.TOO_WIDE | {
        n for n in imported if n in _PORTS_ERRORS
    }
    classes = (
        allowed.BUILTINS | (header & set(spec.record_types)) | (imported & _CLASSES)
    )
    names = {*spec.params, *imported, *uses, *spec.record_types}
    return Scope(
        names=frozenset(names - set(modules)) | allowed.BUILTINS | exceptions,
        attributes=_attributes(header, records, graph),
        modules=modules,
        ports=ports,
        exceptions=exceptions,
        caught=caught,
        classes=classes,
        uses=uses,
        answered=frozenset(n for n in used if _is_answered(graph, n)),
        taken=header | used | set(ports) | set(dir(builtins)),
        times=bool(header & {"pd", "np"})
        and ("datetime" in header or _given_times(spec, graph, records)),
    )


def _given_times(spec: Spec, graph: SpecGraph, records: set[str]) -> bool:
    """Tell whether a body may get a time by a record or by what it uses."""
    others = [graph.specs[n] for n in {*records, *spec.uses} if n in graph.specs]
    texts = [field.type for one in others for field in one.fields.values()]
    texts += [one.returns.type for one in others if one.returns is not None]
    return any(node.name == "datetime" for t in texts for node in types.parse(t).walk())


def _is_answered(graph: SpecGraph, name: str) -> bool:
    """Tell whether a used module passes on no error of a port when live.

    An action without a safe value alone does.
    """
    spec = graph.specs.get(name)
    return spec is not None and (spec.kind != "action" or spec.on_failure != "raise")


def _ports(spec: Spec, package: str) -> dict[str, frozenset[str]]:
    """Return the methods of each port that a module takes, in order."""
    return {
        n: frozenset(m.name for m in methods(p, package)) for n, p in spec.ports.items()
    }


_TYPE_NAMES = frozenset({"pd", "Decimal", "datetime", "Literal", "Any"})
_CLASSES = frozenset(
    {"Decimal", "datetime", "timedelta", "Counter", "defaultdict", "deque"}
)
_ERRORS = frozenset(
    name for name, value in vars(errors).items() if isinstance(value, type)
)
# What ports answer with, in the gate as live. Other errors of ours are the system's.
_PORTS_ERRORS = frozenset(
    name
    for name in _ERRORS
    if issubclass(getattr(errors, name), (errors.ExchangeError, errors.StoreError))
)


def _header_names(header: str) -> frozenset[str]:
    """The names that the header's imports bind."""
    found: set[str] = set()
    for members in re.findall(r"^from \S+ import (\([^)]*\)|.+)$", header, re.M):
        found.update(
            part.split()[-1] for part in members.strip("()").split(",") if part.strip()
        )
    found.update(line.split()[-1] for line in re.findall(r"^import .+$", header, re.M))
    return frozenset(found)


def _module(name: str, header: frozenset[str]) -> frozenset[str]:
    members = allowed.MODULES[name]
    return (
        members | allowed.PANDAS_TIME
        if name == "pd" and "datetime" in header
        else members
    )


def _attributes(
    header: frozenset[str], records: Iterable[str], graph: SpecGraph
) -> frozenset[str]:
    found = set(allowed.PLAIN)
    tables = bool(header & {"pd", "np"})
    for wanted, words in (
        ("Decimal" in header or bool(records), allowed.DECIMAL),
        ("datetime" in header, allowed.DATETIME),
        (tables, allowed.PANDAS | allowed.NUMPY | allowed.CANDLE_COLUMNS),
        (tables and "datetime" in header, allowed.PANDAS_DATES),
        (bool(header & {"momentum", "trend", "volatility", "ta_volume"}), allowed.TA),
    ):
        found |= words if wanted else frozenset()
    for name, words in allowed.COLLECTIONS.items():
        found |= words if name in header else frozenset()
    for record in records:
        found |= set(graph.specs[record].fields) - allowed.RISKY_FIELDS
    return frozenset(found)


def _records(spec: Spec, graph: SpecGraph, package: str) -> set[str]:
    """Spec names of the records that a value in this body can be or hold."""
    first = {snake(name) for name in spec.record_types}
    first |= {
        snake(name)
        for port in spec.ports.values()
        for name in _port_records(package, port)
    }
    for used in spec.uses:
        if used in graph.specs:
            first |= {snake(name) for name in graph.specs[used].record_types}
    known = {name for name in first if name in graph.specs}
    known |= {deeper for name in known for deeper in graph.needs(name)}
    return {name for name in known if graph.specs[name].kind == "record"}


def _port_records(package: str, port: str) -> Iterator[str]:
    for method in methods(port, package):
        for kind in (*method.params.values(), method.returns):
            yield from (node.name for node in kind.walk() if types.is_record(node))
