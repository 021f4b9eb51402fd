"""One failure from its report to a version that is live again.

contain (done by the runtime) -> reproduce -> clones -> choose -> commit -> live. Each step
is written to the incident as it happens, so a job that is delivered again finds its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from architect import regressions
from architect.ask_architect import Architect
from architect.code_generator import from_body
from architect.gate.contract.regressions import Regression
from architect.gate.records import record_classes
from architect.gate.verdict import Verdict
from architect.history import Accepted, recorded_reply, versions
from architect.models.reply import Reply
from architect.pipeline import Pipeline
from architect.session import Session
from architect.wick.candidates import Clone, Failed, clones
from architect.wick.choice import Passed, best, changed_lines
from architect.wick.incidents import Incident, Incidents
from architect.wick.minimise import minimise
from architect.wick.queue import Job
from core.errors import ArchitectError
from core.manifest import read_manifest, sha256
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module
from core.values import NotPlain, decode, encode

# Waits until the runtime runs a version; True when it does within the time.
Live = Callable[[str, str, float], bool]
LIVE_WAIT_S = 5.0


@dataclass
class Repair:
    """Repairs with one session; `live(module, version, timeout_s)` watches the runtime."""

    session: Session
    incidents: Incidents
    live: Live

    def handle(self, job: Job) -> Incident:
        """Carry out one failure job; return its incident, closed."""
        detail = job.detail
        incident = self.incidents.open(
            job.id, detail["module"], detail["version"], "failure", detail["error"],
            detail.get("arguments"), job.time_ms,
        )  # fmt: skip
        if incident.state != "open":
            return incident
        self.incidents.step(
            incident, "detected", error=detail["error"], outcome=detail["outcome"],
            trace=detail.get("trace", ""),
        )  # fmt: skip
        self.incidents.step(incident, "contained", how=detail["contained"])
        try:
            return self._repair(incident, detail)
        except ArchitectError as error:
            self.incidents.step(incident, "gave up", reason=str(error), hint=error.hint)
            return self.incidents.close_as(incident, "unrepaired")

    def _repair(self, incident: Incident, detail: dict[str, Any]) -> Incident:
        if detail["outcome"] == "requires":
            self.incidents.step(
                incident, "explained",
                reason="the caller broke what the module requires; the module is as it must be",
            )  # fmt: skip
            return self.incidents.close_as(incident, "explained")
        graph = self.session.graph()
        spec = graph.get(detail["module"])
        failed = self._failed_version(spec, detail)
        if failed is None:
            self.incidents.step(
                incident, "explained", reason="another version is accepted now"
            )
            return self.incidents.close_as(incident, "explained")
        failed = self._reproduce(incident, spec, graph, failed, detail)
        passed = self._try_clones(incident, spec, graph, failed)
        if not passed:
            self._say_unrepaired(incident, spec)
            return self.incidents.close_as(incident, "unrepaired")
        return self._promote(incident, spec, graph, best(passed), failed)

    # --- reproduce -----------------------------------------------------------------

    def _failed_version(self, spec: Spec, detail: dict[str, Any]) -> Failed | None:
        """Return the failing body; None when it is no longer the accepted one."""
        entry = read_manifest(self.session.project.manifest).modules.get(spec.name)
        if entry is None or entry.version != detail["version"]:
            return None
        known = versions(self.session.project, self.session.repository, spec.name)
        text = next(v.module for v in known if v.version == entry.version)
        body = split_module(spec, text)
        if body is None:
            raise ArchitectError(
                f"{spec.name}: its spec changed since version {entry.version}",
                hint=f"architect generate {spec.name}",
            )
        return Failed(entry.version, body, detail["error"])

    def _reproduce(
        self, incident: Incident, spec: Spec, graph: SpecGraph, failed: Failed,
        detail: dict[str, Any],
    ) -> Failed:  # fmt: skip
        """Keep the failing inputs as a regression; say whether they fail in the gate too."""
        arguments = detail.get("arguments")
        if arguments is None or spec.ports:
            self.incidents.step(
                incident, "not reproduced", reason="inputs have no plain form"
            )
            return failed
        verdict = self._fails_on(spec, graph, failed.body, arguments)
        if verdict.accepted:
            self.incidents.step(
                incident, "not reproduced", reason="the same inputs pass in the gate"
            )
            return failed
        small = self._smaller(spec, graph, failed.body, arguments)
        path = regressions.add(self.session.project, spec.name, small, detail["error"])
        shown = self._fails_on(spec, graph, failed.body, small)
        self.incidents.step(
            incident, "reproduced", regression=path.name, verdict=shown.as_plain()
        )
        return Failed(failed.version, failed.body, _told(shown))

    def _fails_on(
        self, spec: Spec, graph: SpecGraph, body: str, arguments: dict[str, Any]
    ) -> Verdict:
        return self.session.replay(spec, graph).judge(body, [Regression(arguments)])

    def _smaller(
        self, spec: Spec, graph: SpecGraph, body: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        records = record_classes(graph)
        values = {name: decode(plain, records) for name, plain in arguments.items()}

        def still_fails(smaller: Any) -> bool:
            try:
                plain = {name: encode(value) for name, value in smaller.items()}
            except NotPlain:
                return False
            verdict = self._fails_on(spec, graph, body, plain)
            return not verdict.accepted and "RequiresError" not in verdict.as_text()

        found = minimise(values, still_fails)
        return {name: encode(value) for name, value in found.items()}

    # --- clones --------------------------------------------------------------------

    def _try_clones(
        self, incident: Incident, spec: Spec, graph: SpecGraph, failed: Failed
    ) -> list[Passed]:
        earlier = versions(self.session.project, self.session.repository, spec.name)
        architect = Architect(
            graph, self.session.project.prompts, self.session.models.ask
        )
        passed = []
        for clone in clones(spec, failed, earlier, architect, self._recorded):
            one = self._try(incident, spec, graph, clone, failed)
            if one is not None:
                passed.append(one)
        return passed

    def _try(
        self,
        incident: Incident,
        spec: Spec,
        graph: SpecGraph,
        clone: Clone,
        failed: Failed,
    ) -> Passed | None:
        started = time.perf_counter()
        if clone.body is None:
            self.incidents.step(
                incident, f"clone: {clone.origin}", result=clone.why_not
            )
            return None
        made = from_body(spec, clone.body, self.session.judge(graph), clone.reply)
        self.incidents.step(
            incident, f"clone: {clone.origin}", body=clone.body, accepted=made.accepted,
            result=made.verdict.as_text(), ms=round((time.perf_counter() - started) * 1000, 1),
            cost_usd=str(clone.reply.cost_usd) if clone.reply else "0",
        )  # fmt: skip
        if not made.accepted:
            return None
        agreement = (
            1.0 if clone.was_good else self._agreement(spec, graph, made.body, incident)
        )
        return Passed(clone, made, agreement, changed_lines(failed.body, made.body))

    def _recorded(self, version: Accepted) -> Reply | None:
        return recorded_reply(self.session.project, version)

    def _agreement(
        self, spec: Spec, graph: SpecGraph, body: str, incident: Incident
    ) -> float:
        """Return on what share of drawn calls a body answers as the last good version."""
        known = versions(self.session.project, self.session.repository, spec.name)
        good = next((v for v in known if v.version != incident.version), None)
        before = good and split_module(spec, good.module)
        if not before:
            return 1.0
        return self.session.replay(spec, graph).agreement(before, body)

    def _say_unrepaired(self, incident: Incident, spec: Spec) -> None:
        self.incidents.step(
            incident, "unrepaired",
            reason="no clone passes the gate; the system goes on as it was contained",
            hint=f"read specs/trading/{spec.name}.yaml: it may ask for what cannot be; "
            f"then architect generate {spec.name}",
        )  # fmt: skip

    # --- promote -------------------------------------------------------------------

    def _promote(
        self,
        incident: Incident,
        spec: Spec,
        graph: SpecGraph,
        chosen: Passed,
        failed: Failed,
    ) -> Incident:
        self.incidents.step(
            incident, "chosen", origin=chosen.clone.origin, agreement=chosen.agreement,
            changed_lines=chosen.change,
        )  # fmt: skip
        with self.session.building(wait=True) as pipeline:
            commit = self._commit(pipeline, incident, spec, graph, chosen, failed)
        version = sha256(chosen.made.module)[:12]
        self.incidents.step(incident, "committed", commit=commit, version=version)
        self.session.record_verdicts()
        seen = self.live(spec.name, version, LIVE_WAIT_S)
        self.incidents.step(
            incident, "live" if seen else "not seen live", version=version
        )
        return self.incidents.close_as(
            incident, "repaired", chosen.clone.origin, commit
        )

    def _commit(
        self, pipeline: Pipeline, incident: Incident, spec: Spec, graph: SpecGraph,
        chosen: Passed, failed: Failed,
    ) -> str:  # fmt: skip
        note = f"{incident.summary}\n\nIncident {incident.incident_id}: version {failed.version}"
        note += f" failed in the running system.\nMended by: {chosen.clone.origin}."
        return pipeline.accept(spec, graph, chosen.made, "wick", note=note) or ""


def _told(verdict: Verdict) -> str:
    """Return the failure as a model is told of it."""
    lines = [finding.as_text() for finding in verdict.findings]
    if verdict.counter_example is not None:
        lines += ["", "```yaml", verdict.counter_example.as_yaml().rstrip(), "```"]
    return "\n".join(lines)
