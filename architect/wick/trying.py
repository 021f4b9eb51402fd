"""Tries the clones of one failure: each through the whole gate, each into the story."""

from __future__ import annotations

import time
from dataclasses import dataclass

from architect.ask_architect import Architect
from architect.code_generator import from_body
from architect.history import Accepted, recorded_reply, versions
from architect.models.reply import Reply
from architect.session import Session
from architect.wick.candidates import Clone, Failed, clones
from architect.wick.choice import Passed, changed_lines
from architect.wick.incidents import Incident, Incidents
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module


@dataclass(frozen=True)
class Trying:
    """One incident's clones."""

    session: Session
    incidents: Incidents
    incident: Incident
    spec: Spec
    graph: SpecGraph
    failed: Failed

    def all(self) -> list[Passed]:
        """Return the clones that the gate accepts."""
        project = self.session.project
        architect = Architect(self.graph, project.prompts, self.session.models.ask)
        earlier = self._versions()
        found = clones(self.spec, self.failed, earlier, architect, self._recorded)
        return [passed for clone in found if (passed := self._try(clone)) is not None]

    def _versions(self) -> list[Accepted]:
        return versions(self.session.project, self.session.repository, self.spec.name)

    def _recorded(self, version: Accepted) -> Reply | None:
        return recorded_reply(self.session.project, version)

    def _try(self, clone: Clone) -> Passed | None:
        started = time.perf_counter()
        if clone.body is None:
            self._tell(clone, result=clone.why_not)
            return None
        judge = self.session.judge(self.graph)
        made = from_body(self.spec, clone.body, judge, clone.reply)
        if made.accepted and made.body == self.failed.body:
            self._tell(clone, result="the very body that failed", body=clone.body)
            return None
        self._tell(
            clone, body=clone.body, accepted=made.accepted, result=made.verdict.as_text(),
            ms=round((time.perf_counter() - started) * 1000, 1),
            cost_usd=str(clone.reply.cost_usd) if clone.reply else "0",
        )  # fmt: skip
        if not made.accepted:
            return None
        agreement = 1.0 if clone.was_good else self._agreement(made.body)
        return Passed(
            clone, made, agreement, changed_lines(self.failed.body, made.body)
        )

    def _tell(self, clone: Clone, **detail: object) -> None:
        self.incidents.step(self.incident, f"clone: {clone.origin}", **detail)

    def _agreement(self, body: str) -> float:
        """Return on what share of drawn calls a body answers as the last good version."""
        for version in self._versions():
            before = split_module(
                self.spec, version.module, self.session.project.package
            )
            if version.version != self.failed.version and before:
                return self.session.replay(self.spec, self.graph).agreement(
                    before, body
                )
        return 1.0
