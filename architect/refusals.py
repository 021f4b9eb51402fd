"""Which specs were tried and not accepted as they stand, whoever tried them.

A watch does not try them again by itself: the same spec gets the same recorded answers
and the same verdict. `architect generate NAME` does, and so does any change of the spec.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from architect.atomic import write
from architect.outcome import Outcome
from architect.staleness import inputs
from core.errors import SpecTooWeak
from core.project import Project
from core.spec_graph import SpecGraph

FILE = "refused.json"


def note_refusals(project: Project, graph: SpecGraph, outcome: Outcome) -> None:
    """Remember what a run refused, and forget what it built or removed."""
    weak = [n for n, e in outcome.failed.items() if isinstance(e, SpecTooWeak)]
    refused = {name: _now(project, graph, name) for name in [*outcome.refused, *weak]}
    before = _known(project)
    done = {*outcome.built, *outcome.fresh, *outcome.removed}
    after = {n: digest for n, digest in before.items() if n not in done} | refused
    if after != before:
        write(project.data / FILE, json.dumps(after, indent=1, sort_keys=True).encode())


def not_refused(
    project: Project, graph: SpecGraph, names: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Part names into those that may be built and those that need not be tried again:
    they were refused as they stand, or use what was."""
    known, names = _known(project), list(names)
    refused = {n for n in names if known.get(n) == _now(project, graph, n)}
    waits = refused | {n for n in names if refused & set(graph.needs(n))}
    return [n for n in names if n not in waits], [n for n in names if n in waits]


def _now(project: Project, graph: SpecGraph, name: str) -> str:
    return inputs(graph.specs[name], graph, project.prompts).whole


def _known(project: Project) -> dict[str, str]:
    try:
        plain = json.loads((project.data / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return plain if isinstance(plain, dict) else {}
