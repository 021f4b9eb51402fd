"""Whose fault is it: the module that failed, one that it uses, or one that calls it?

A used module that answers wrongly makes its user fail; a user that asks wrongly makes
what it uses fail. Whichever no longer keeps its own examples is the one to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from architect.gate.contract import examples
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.session import Session as Checked
from architect.gate.contract.session import run
from architect.gate.contract.terms import Terms
from architect.session import Session
from core import types
from core.errors import ArchitectError
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module
from core.values import Encoded, NotPlain, decode


def at_fault(session: Session, spec: Spec, graph: SpecGraph) -> tuple[Spec, str] | None:
    """Return the first used module, in build order, that fails an example of its own, and
    how; None where all keep them."""
    return _first_broken(session, graph.needs(spec.name), graph)


def caller_at_fault(
    session: Session, spec: Spec, graph: SpecGraph
) -> tuple[Spec, str] | None:
    """Return the first module that uses this one and fails an example of its own, and how."""
    users = [name for name in graph.order if spec.name in graph.uses[name]]
    return _first_broken(session, users, graph)


def _first_broken(
    session: Session, names: Iterable[str], graph: SpecGraph
) -> tuple[Spec, str] | None:
    for name in names:
        spec = graph.get(name)
        if spec.kind == "record":
            continue
        try:
            why = _broken(session, spec, graph)
        except (ArchitectError, OSError):
            continue  # it cannot be judged now: what failed is repaired, or nothing
        if why is not None:
            return spec, why
    return None


def is_mistyped(
    spec: Spec,
    records: Mapping[str, type],
    arguments: Mapping[str, Encoded] | None,
    foreign: Iterable[str] = (),
) -> bool:
    """Tell whether a call's arguments, in plain form, are of other types than the spec's.

    `records` are the classes by name, `foreign` the arguments that no spec can declare.
    False where the arguments cannot be read otherwise: nothing is known of the caller.
    """
    kinds = {name: types.parse(param.type) for name, param in spec.params.items()}
    if any(name in kinds and not _takes_any(kinds[name]) for name in foreign):
        return True
    if arguments is None:
        return False
    try:
        given = {n: decode(plain, records) for n, plain in arguments.items()}
    except NotPlain:
        return False
    return any(n in kinds and not types.matches(kinds[n], v) for n, v in given.items())


def _takes_any(kind: types.Type) -> bool:
    return any(part.name == "Any" for part in kind.walk())


def _broken(session: Session, used: Spec, graph: SpecGraph) -> str | None:
    package = session.project.package
    text = session.project.module(used.name).read_text(encoding="utf-8")
    body = split_module(used, text, package)
    if body is None:
        return None

    def check(terms: Terms, inputs: Inputs) -> Checked:
        checks = examples.checks(terms, held_back=False)
        return run(checks + examples.checks(terms, held_back=True))

    modules = session.replay(used, graph).modules
    failure = session.gate.run(used, graph, body, modules, check)
    return failure.message if failure is not None else None
