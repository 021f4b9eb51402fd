"""A failure made to happen again in the gate: its inputs, made smaller, are kept for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from architect import regressions
from architect.gate.replay import Reproduced
from architect.session import Session
from architect.wick.candidates import Failed
from architect.wick.incidents import Incident, Incidents
from architect.wick.minimise import minimise
from architect.wick.wording import told
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.values import Encoded, NotPlain


@dataclass(frozen=True)
class Reproduction:
    """Reproduces what one incident is about, and tells its story of it."""

    session: Session
    incidents: Incidents
    incident: Incident

    def of(
        self, spec: Spec, graph: SpecGraph, failed: Failed, detail: dict[str, Any]
    ) -> tuple[Failed, Mapping[str, Encoded] | None]:
        """Keep the failing inputs as a regression; say whether they fail in the gate too.

        Returns the smallest of them, None where they do not.
        """
        found = self._found(spec, graph, failed, detail)
        if found is None:
            return failed, None
        text = told(found.failure)
        self.incidents.step(self.incident, "reproduced", failure=text)
        live = detail["arguments"]
        live = None if live == found.arguments else live
        return Failed(failed.version, failed.body, text, live), found.arguments

    def _found(
        self, spec: Spec, graph: SpecGraph, failed: Failed, detail: dict[str, Any]
    ) -> Reproduced | None:
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
                self.incidents.step(self.incident, "kept", regression=path.name)
                return found
        self.incidents.step(self.incident, "not reproduced", reason=why)
        return None
