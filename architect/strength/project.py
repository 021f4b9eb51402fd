"""The strength of a project's specs, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from architect.rebuild import accepted_modules
from architect.session import Session
from architect.staleness import states
from architect.strength.strength import Strength, measure
from core.errors import ArchitectError, NotAccepted
from core.manifest import read_manifest
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module

Measured = tuple[Spec, Strength | ArchitectError]


def measured(
    session: Session, graph: SpecGraph, specs: list[Spec], named: bool
) -> Iterator[Measured]:
    """Yield each spec with its strength, or with why it has none.

    Records have no body: they are left out, unless they were `named`.
    """
    project = session.project
    found = states(project, graph, read_manifest(project.manifest))
    edited = {state.name for state in found if state.state == "edited"}

    def read(name: str) -> str:
        return project.module(name).read_text(encoding="utf-8")

    modules = accepted_modules(project, graph, read)
    for spec in specs:
        if spec.kind == "record":
            if named:
                text = f"{spec.name} is a record: it has no body to change"
                yield spec, NotAccepted(text, hint="name a function")
            continue
        try:
            yield spec, _one(session, graph, spec, modules, spec.name in edited)
        except ArchitectError as error:
            yield spec, error


def _one(
    session: Session,
    graph: SpecGraph,
    spec: Spec,
    modules: dict[str, str],
    edited: bool,
) -> Strength:
    name, package = spec.name, session.project.package
    if edited:
        text = f"{name} was edited by hand, so its body is not the accepted one"
        raise NotAccepted(text, hint=f"architect adopt {name}")
    body = split_module(spec, modules[name], package) if name in modules else None
    if body is None:
        text = f"{name} has no accepted body for this spec"
        raise NotAccepted(text, hint=f"architect generate {name}")
    return measure(session.gate, spec, graph, body, modules)
