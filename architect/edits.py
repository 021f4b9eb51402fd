"""What an edit of specs means: what is wrong, what is stale by it, what building costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from architect.estimate import Estimate
from architect.gate.records import record_classes
from architect.spec_check import check_spec, errors
from architect.staleness import State, states
from core.manifest import read_manifest

if TYPE_CHECKING:
    from architect.session import Session


@dataclass(frozen=True)
class Findings:
    """`problems` forbid building; `stale` is what is not as its spec says."""

    problems: list[str] = field(default_factory=list)
    stale: list[State] = field(default_factory=list)
    estimate: Estimate = field(default_factory=Estimate)


def findings(session: Session, names: Iterable[str] = ()) -> Findings:
    """Return what the specs on disk mean; only what `names` reach, all without names.

    SpecError when the specs do not hold together.
    """
    project, graph = session.project, session.graph()
    found = states(project, graph, read_manifest(project.manifest))
    wanted = {*names, *(n for name in names for n in graph.dependents(name))}
    stale = [s for s in found if not s.ok and (not wanted or s.name in wanted)]
    records = record_classes(graph, project.package)
    problems = [
        f"{state.name}: {finding.as_text()}"
        for state in stale
        if state.name in graph.specs
        for finding in errors(
            check_spec(graph.specs[state.name], graph, records, project.package)
        )
    ]
    return Findings(problems, stale, session.estimate(graph, stale))
