"""A chosen clone is committed, if what it was judged beside still holds.

Clones are judged without the build lock, for seconds to minutes. Meanwhile a person or
another worker may have accepted another version, changed the spec, or mended a module
that this one uses or is used by. Under the lock that is seen, and judged again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from architect.code_generator import Generated, from_body
from architect.pipeline import Pipeline
from architect.session import Session
from architect.wick.candidates import Failed
from architect.wick.choice import Passed
from architect.wick.incidents import Incident, Incidents
from architect.wick.live_input import judged
from architect.wick.waiting import until_committed, wait_for_git
from core.errors import ArchitectError
from core.manifest import read_manifest, sha256
from core.spec import Spec
from core.spec_graph import SpecGraph

# What a verdict looks at besides the module itself: digests of spec and file by name.
Ground = Mapping[str, tuple[str, str]]
SUPERSEDED = "another version is accepted now"


@dataclass(frozen=True)
class Promoted:
    """What became of a clone: `commit` and `version`, or `why` nothing is to be repaired
    any more. Where all are empty, it is refused beside what is accepted now."""

    version: str = ""
    commit: str = ""
    why: str = ""


def ground(session: Session, graph: SpecGraph, name: str) -> Ground:
    """Return what a verdict on a module looks at now: what it uses, its dependents, and
    what these use."""
    accepted = read_manifest(session.project.manifest).modules
    users = graph.dependents(name)
    names = {*users, *(used for one in (name, *users) for used in graph.needs(one))}
    return {
        one: (graph.specs[one].digest(), accepted[one].file if one in accepted else "")
        for one in names - {name}
    }


@dataclass(frozen=True)
class Promotion:
    """Promotes the clones of one failed version, which were judged on `judged_on`."""

    session: Session
    incidents: Incidents
    incident: Incident
    spec: Spec
    failed: Failed
    judged_on: Ground

    def promote(self, pipeline: Pipeline, chosen: Passed) -> Promoted:
        """Commit a clone; the build lock is held.

        ArchitectError when the spec was changed and what it means is not built yet;
        Busy when git takes no commit now.
        """
        name, graph = self.spec.name, self.session.graph()
        entry = read_manifest(self.session.project.manifest).modules.get(name)
        if entry is None or entry.version != self.failed.version:
            return Promoted(why=SUPERSEDED if entry else "it was removed meanwhile")
        if name not in graph.specs or graph.specs[name].digest() != self.spec.digest():
            raise ArchitectError(
                f"{name}: its spec changed while it was repaired",
                hint=f"architect generate {name}",
            )
        made = self._still_passes(graph, chosen)
        if not made.accepted:
            return Promoted()
        wait_for_git(self.session.repository)
        origin = chosen.clone.origin
        note = f"{self.incident.summary}\n\n{mark(self.incident)}\nMended by: {origin}."
        with until_committed():
            commit = pipeline.accept(self.spec, graph, made, "wick", note=note) or ""
        return Promoted(sha256(made.module)[:12], commit)

    def _still_passes(self, graph: SpecGraph, chosen: Passed) -> Generated:
        made, now = chosen.made, ground(self.session, graph, self.spec.name)
        if now == self.judged_on:
            return made
        judge = self.session.judge(graph)
        again = judged(
            self.session, self.spec, graph,
            from_body(self.spec, made.body, judge, made.reply, made.tries),
            self.failed.live, self.incident.summary,
        )  # fmt: skip
        changed = {*now.items()} ^ {*self.judged_on.items()}
        self.incidents.step(
            self.incident, "judged again", result=again.verdict.as_text(),
            reason=f"changed meanwhile: {', '.join(sorted({n for n, _ in changed}))}",
        )  # fmt: skip
        return again


def mark(incident: Incident) -> str:
    """Return the line by which a repair's commit names its incident."""
    return (
        f"Incident {incident.incident_id}: version {incident.version} failed in the "
        f"running system at {incident.opened_ms}."
    )
