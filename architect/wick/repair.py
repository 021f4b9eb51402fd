"""One failure from its report to a version that is live again.

contain (done by the runtime) -> reproduce -> clones -> choose -> commit -> live. Each step
is written to the incident as it happens, so a job that is delivered again finds its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from architect.history import versions
from architect.session import Session
from architect.wick.blame import at_fault, caller_at_fault, is_mistyped
from architect.wick.candidates import Failed
from architect.wick.choice import Passed
from architect.wick.culprit import Culprit, Suspects
from architect.wick.incidents import Incident, Incidents
from architect.wick.promotion import SUPERSEDED, Promoted, Promotion, ground, mark
from architect.wick.queue import Job
from architect.wick.reproduction import Reproduction
from architect.wick.spec_search.handle import Searcher
from architect.wick.trying import Trying
from architect.wick.waiting import PASSING, until_committed, wait_for_git
from architect.wick.wording import stable
from core.errors import ArchitectError
from core.manifest import read_manifest
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module
from core.values import Encoded

# Waits until the runtime runs a version; True when it does within the time.
Live = Callable[[str, str, float], bool]
# Tells that a version of a module failed by another module's fault, which is mended.
Acquit = Callable[[str, str], None]
LIVE_WAIT_S = 5.0


@dataclass
class Repair:
    """Repairs with one session; `live(module, version, timeout_s)` watches the runtime.

    Without a `searcher` only earlier versions and the model are tried.
    """

    session: Session
    incidents: Incidents
    live: Live
    searcher: Searcher | None = None
    acquit: Acquit = lambda module, version: None

    def handle(self, job: Job) -> Incident:
        """Carry out one failure job; return its incident, closed.

        One of PASSING when the end has to wait: the same job goes on from there.
        """
        detail = {**job.detail, "error": stable(job.detail["error"])}
        incident = self.incidents.open(
            job.id, detail["module"], detail["version"], "failure", detail["error"],
            detail.get("arguments"), job.time_ms,
        )  # fmt: skip
        if incident.state != "open":
            return incident
        try:
            return self._resumed(incident) or self._repair(incident, detail)
        except PASSING:
            raise  # it cannot be told, kept or pushed now: the job is delivered again
        except ArchitectError as error:
            self.incidents.step(incident, "gave up", reason=str(error), hint=error.hint)
            return self.incidents.close_as(incident, "unrepaired")

    def _repair(self, incident: Incident, detail: dict[str, Any]) -> Incident:
        self.incidents.step(
            incident, "detected", error=detail["error"], outcome=detail["outcome"],
            trace=detail.get("trace", ""),
        )  # fmt: skip
        self.incidents.step(incident, "contained", how=detail["contained"])
        graph = self.session.graph()
        spec = graph.get(detail["module"])
        if misused := self._misused(spec, graph, detail):
            found = caller_at_fault(self.session, spec, graph)
            if found is None:
                return self._explained(incident, misused)
            return self._mend(incident, graph, *found)
        failed = self._failed_version(spec, detail)
        if failed is None:
            return self._explained(incident, SUPERSEDED)
        reproduction = Reproduction(self.session, self.incidents, incident)
        failed, failing = reproduction.of(spec, graph, failed, detail)
        if found := at_fault(self.session, spec, graph):
            return self._mend(incident, graph, *found)
        return self._try(incident, spec, graph, failed, failing)

    def _misused(self, spec: Spec, graph: SpecGraph, detail: dict[str, Any]) -> str:
        """Return how the module was called wrongly, empty where it was not."""
        if detail["outcome"] == "requires":
            return (
                "the caller broke what the module requires; the module is as it must be"
            )
        records = self.session.gate.records(graph)
        if is_mistyped(
            spec, records, detail.get("arguments"), detail.get("foreign", ())
        ):
            return "it was called with arguments of other types than it declares"
        return ""

    def _mend(
        self, incident: Incident, graph: SpecGraph, spec: Spec, why: str
    ) -> Incident:
        """Repair another module than the one that failed: it breaks its own spec."""
        self.incidents.step(incident, "blamed", module=spec.name, failure=why)
        accepted = read_manifest(self.session.project.manifest).modules[spec.name]
        failed = self._failed_version(spec, {"version": accepted.version, "error": why})
        assert failed is not None
        return self._try(incident, spec, graph, failed, None)

    def _try(
        self, incident: Incident, spec: Spec, graph: SpecGraph, failed: Failed,
        failing: Mapping[str, Encoded] | None,
    ) -> Incident:  # fmt: skip
        wait_for_git(self.session.repository)  # before anything is paid for
        judged_on = ground(self.session, graph, spec.name)
        trying = Trying(
            self.session, self.incidents, incident, spec, graph, failed, self.searcher,
            failing,
        )  # fmt: skip
        chosen = trying.winner()
        if chosen is None:
            return self._unrepaired(incident, spec, trying)
        promotion = Promotion(
            self.session, self.incidents, incident, spec, failed, judged_on
        )
        done = self._promote(incident, promotion, chosen)
        if done.why:
            return self._explained(incident, done.why)
        if not done.version:  # once more, beside what is accepted now
            return self._try(incident, spec, self.session.graph(), failed, failing)
        origin = chosen.clone.origin
        return self._live(incident, spec.name, done.version, done.commit, origin)

    def _explained(self, incident: Incident, why: str) -> Incident:
        self.incidents.step(incident, "explained", reason=why)
        return self.incidents.close_as(incident, "explained")

    def _failed_version(self, spec: Spec, detail: dict[str, Any]) -> Failed | None:
        """Return the failing body; None when it is no longer the accepted one."""
        project, repository = self.session.project, self.session.repository
        entry = read_manifest(project.manifest).modules.get(spec.name)
        if entry is None or entry.version != detail["version"]:
            return None
        known = versions(project, repository, spec.name)
        if all(v.version != entry.version for v in known):
            # It is live a moment before git has it; a killed run's is completed.
            with until_committed(), self.session.building(wait=True):
                known = versions(project, repository, spec.name)
        text = next((v.module for v in known if v.version == entry.version), None)
        body = text and split_module(spec, text, project.package)
        if not body:
            why = "its spec changed since" if text else "git does not know its"
            raise ArchitectError(
                f"{spec.name}: {why} version {entry.version}",
                hint=f"architect generate {spec.name}",
            )
        return Failed(entry.version, body, detail["error"])

    # --- the end -------------------------------------------------------------------

    def _unrepaired(self, incident: Incident, spec: Spec, trying: Trying) -> Incident:
        project = self.session.project
        place = project.spec(spec.name).relative_to(project.root)
        with self.session.building(wait=True):
            self._keep(spec, incident)
        culprit = self._culprit(spec, trying)
        blame = (
            culprit.told(str(place)) if culprit else "nothing speaks against its spec"
        )
        tried = ", ".join(trying.tried) or "nothing"
        self.incidents.step(
            incident, "unrepaired",
            reason="no clone passes the gate; the system goes on as it was contained",
            tried=tried, culprit=blame, lines=list(culprit.lines) if culprit else [],
            hint=f"read {place}, then architect generate {spec.name}",
        )  # fmt: skip
        return self.incidents.close_as(incident, "unrepaired")

    def _culprit(self, spec: Spec, trying: Trying) -> Culprit | None:
        session = self.session
        records = session.gate.records(trying.graph)
        path = session.project.spec(spec.name)
        suspects = Suspects(spec, trying.graph, records, path)
        return suspects.find(trying.failed.failure, trying.refused, trying.ended)

    def _keep(self, spec: Spec, incident: Incident) -> None:
        """Commit the failing input and what a model answered, though it did not help."""
        project = self.session.project
        paths = [
            *sorted((project.regressions / spec.name).glob("*.json")),
            *sorted((project.replies / spec.name).glob("*.md")),
        ]
        if paths:
            message = (
                f"Keep an input on which {spec.name} fails\n\n{incident.summary}\n"
            )
            self.session.repository.commit(paths, message)

    def _promote(
        self, incident: Incident, promotion: Promotion, chosen: Passed
    ) -> Promoted:
        origin = chosen.clone.origin
        self.incidents.step(
            incident, "chosen", origin=origin, agreement=round(chosen.agreement, 3),
            mended=round(chosen.mended, 3), changed_lines=chosen.change,
        )  # fmt: skip
        with until_committed(), self.session.building(wait=True) as pipeline:
            done = promotion.promote(pipeline, chosen)
            if done.why:
                self._keep(promotion.spec, incident)
        self.session.record_verdicts()
        return done

    def _live(
        self, incident: Incident, module: str, version: str, commit: str, origin: str
    ) -> Incident:
        self.incidents.step(incident, "committed", commit=commit, version=version)
        seen = self.live(module, version, LIVE_WAIT_S)
        word = "live" if seen else "not seen live"
        self.incidents.step(incident, word, version=version)
        if seen and module != incident.module:
            # Entries would stay stopped for a module that is as it must be.
            self.acquit(incident.module, incident.version)
        return self.incidents.close_as(incident, "repaired", origin, commit)

    def _resumed(self, incident: Incident) -> Incident | None:
        """Go on where a worker died after its commit; None when there is none of it."""
        if not self.incidents.begun(incident):
            return None
        with until_committed(), self.session.building(wait=True):
            pass  # completes what was begun
        project, repository = self.session.project, self.session.repository
        graph = self.session.graph()
        used = graph.needs(incident.module) if incident.module in graph.specs else []
        for name in (incident.module, *used):
            for version in versions(project, repository, name)[:1]:
                prose, commit = version.commit.body, version.commit.id
                if mark(incident) in prose:
                    origin = prose.rpartition("Mended by: ")[2].splitlines()[0]
                    return self._live(
                        incident, name, version.version, commit, origin.rstrip(".")
                    )
        return None
