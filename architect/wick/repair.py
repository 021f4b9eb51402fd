"""One failure from its report to a version that is live again.

contain (done by the runtime) -> reproduce -> clones -> choose -> commit -> live. Each step
is written to the incident as it happens, so a job that is delivered again finds its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from architect import regressions
from architect.gate.records import record_classes
from architect.gate.replay import Reproduced
from architect.history import versions
from architect.pipeline import Pipeline
from architect.session import Session
from architect.wick.candidates import Failed
from architect.wick.choice import Passed
from architect.wick.culprit import Culprit, Suspects
from architect.wick.incidents import Incident, Incidents
from architect.wick.minimise import minimise
from architect.wick.queue import Job
from architect.wick.spec_search.handle import Searcher
from architect.wick.trying import Trying
from architect.wick.wording import stable, told
from core.errors import ArchitectError, StoreError
from core.manifest import read_manifest, sha256
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module
from core.values import Encoded, NotPlain

# Waits until the runtime runs a version; True when it does within the time.
Live = Callable[[str, str, float], bool]
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

    def handle(self, job: Job) -> Incident:
        """Carry out one failure job; return its incident, closed."""
        detail = {**job.detail, "error": stable(job.detail["error"])}
        incident = self.incidents.open(
            job.id, detail["module"], detail["version"], "failure", detail["error"],
            detail.get("arguments"), job.time_ms,
        )  # fmt: skip
        if incident.state != "open":
            return incident
        try:
            return self._resumed(incident) or self._repair(incident, detail)
        except StoreError:
            raise  # the story cannot be told now: the job is delivered again
        except ArchitectError as error:
            self.incidents.step(incident, "gave up", reason=str(error), hint=error.hint)
            return self.incidents.close_as(incident, "unrepaired")

    def _repair(self, incident: Incident, detail: dict[str, Any]) -> Incident:
        self.incidents.step(
            incident, "detected", error=detail["error"], outcome=detail["outcome"],
            trace=detail.get("trace", ""),
        )  # fmt: skip
        self.incidents.step(incident, "contained", how=detail["contained"])
        if detail["outcome"] == "requires":
            why = (
                "the caller broke what the module requires; the module is as it must be"
            )
            return self._explained(incident, why)
        graph = self.session.graph()
        spec = graph.get(detail["module"])
        failed = self._failed_version(spec, detail)
        if failed is None:
            return self._explained(incident, "another version is accepted now")
        failed, failing = self._reproduce(incident, spec, graph, failed, detail)
        trying = Trying(
            self.session, self.incidents, incident, spec, graph, failed, self.searcher,
            failing,
        )  # fmt: skip
        chosen = trying.winner()
        if chosen is None:
            return self._unrepaired(incident, spec, trying)
        return self._promote(incident, spec, graph, chosen, failed)

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
        text = next((v.module for v in known if v.version == entry.version), None)
        body = text and split_module(spec, text, project.package)
        if not body:
            why = "its spec changed since" if text else "git does not know its"
            raise ArchitectError(
                f"{spec.name}: {why} version {entry.version}",
                hint=f"architect generate {spec.name}",
            )
        return Failed(entry.version, body, detail["error"])

    # --- reproduce -----------------------------------------------------------------

    def _reproduce(
        self, incident: Incident, spec: Spec, graph: SpecGraph, failed: Failed,
        detail: dict[str, Any],
    ) -> tuple[Failed, Mapping[str, Encoded] | None]:  # fmt: skip
        """Keep the failing inputs as a regression; say whether they fail in the gate too.

        Returns the smallest of them, None where they do not.
        """
        found = self._found(incident, spec, graph, failed, detail)
        if found is None:
            return failed, None
        text = told(found.failure)
        self.incidents.step(incident, "reproduced", failure=text)
        return Failed(failed.version, failed.body, text), found.arguments

    def _found(
        self, incident: Incident, spec: Spec, graph: SpecGraph, failed: Failed,
        detail: dict[str, Any],
    ) -> Reproduced | None:  # fmt: skip
        arguments = detail.get("arguments")
        if spec.ports:
            why = "it acts through ports: it is never run again by itself"
        elif arguments is None:
            why = "its inputs have no plain form"
        else:
            replay = self.session.replay(spec, graph)
            try:
                found = replay.reproduce(failed.body, arguments, minimise)
            except NotPlain as error:
                found, why = None, f"its inputs are of another form now: {error}"
            else:
                why = "the same inputs pass in the gate"
            if found is not None:
                path = regressions.add(
                    self.session.project, spec.name, found.arguments, detail["error"]
                )
                self.incidents.step(incident, "kept", regression=path.name)
                return found
        self.incidents.step(incident, "not reproduced", reason=why)
        return None

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
        records = record_classes(trying.graph, session.project.package)
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
        self, incident: Incident, spec: Spec, graph: SpecGraph, chosen: Passed,
        failed: Failed,
    ) -> Incident:  # fmt: skip
        origin = chosen.clone.origin
        self.incidents.step(
            incident, "chosen", origin=origin, agreement=round(chosen.agreement, 3),
            mended=round(chosen.mended, 3), changed_lines=chosen.change,
        )  # fmt: skip
        with self.session.building(wait=True) as pipeline:
            commit = self._commit(pipeline, incident, spec, graph, chosen, failed)
        self.session.record_verdicts()
        version = sha256(chosen.made.module)[:12]
        return self._live(incident, version, commit, origin)

    def _commit(
        self, pipeline: Pipeline, incident: Incident, spec: Spec, graph: SpecGraph,
        chosen: Passed, failed: Failed,
    ) -> str:  # fmt: skip
        note = f"{incident.summary}\n\n{_mark(incident)}\nMended by: {chosen.clone.origin}."
        return pipeline.accept(spec, graph, chosen.made, "wick", note=note) or ""

    def _live(
        self, incident: Incident, version: str, commit: str, origin: str
    ) -> Incident:
        self.incidents.step(incident, "committed", commit=commit, version=version)
        seen = self.live(incident.module, version, LIVE_WAIT_S)
        word = "live" if seen else "not seen live"
        self.incidents.step(incident, word, version=version)
        return self.incidents.close_as(incident, "repaired", origin, commit)

    def _resumed(self, incident: Incident) -> Incident | None:
        """Go on where a worker died after its commit; None when there is none of it."""
        if not self.incidents.begun(incident):
            return None
        with self.session.building(wait=True):
            pass  # completes what was begun
        project, repository = self.session.project, self.session.repository
        for version in versions(project, repository, incident.module)[:1]:
            prose = version.commit.body
            if _mark(incident) in prose:
                origin = prose.rpartition("Mended by: ")[2].splitlines()[0].rstrip(".")
                return self._live(incident, version.version, version.commit.id, origin)
        return None


def _mark(incident: Incident) -> str:
    return (
        f"Incident {incident.incident_id}: version {incident.version} failed in the "
        f"running system at {incident.opened_ms}."
    )
