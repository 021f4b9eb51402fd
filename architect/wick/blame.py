"""Whose fault is it: the module that failed, or one that it uses?

A used module that answers wrongly makes its user fail. Where one no longer keeps its own
examples, there is nothing to mend in the user.
"""

from __future__ import annotations

from architect.gate.contract import examples
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.session import Session as Checked
from architect.gate.contract.session import run
from architect.gate.contract.terms import Terms
from architect.session import Session
from core.errors import ArchitectError
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module


def at_fault(session: Session, spec: Spec, graph: SpecGraph) -> tuple[Spec, str] | None:
    """Return the first used module, in build order, that fails an example of its own, and
    how; None where all keep them."""
    for name in graph.needs(spec.name):
        used = graph.get(name)
        if used.kind == "record":
            continue
        try:
            why = _broken(session, used, graph)
        except (ArchitectError, OSError):
            continue  # it cannot be judged now: the user is repaired, or nothing
        if why is not None:
            return used, why
    return None


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
