"""The strength of a spec, measured while the gate still judges its body.

The two need nothing of each other, and both are mostly waiting for sandboxes: side by
side they take as long as the longer one. What is measured of a body that the gate then
refuses is thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from architect.gate.contract.regressions import Regression
from architect.gate.gate import Gate
from architect.gate.verdict import Caught, Verdict
from architect.gate_child import GateChild
from architect.gate_process import Order
from architect.strength import stage
from core.errors import GateError
from core.spec import Spec
from core.spec_graph import SpecGraph


class Beside:
    """A second gate that measures; started at once, close it when done."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._child = GateChild(package)
        self._graph: SpecGraph | None = None

    def judged(
        self,
        gate: Gate,
        spec: Spec,
        graph: SpecGraph,
        text: str,
        modules: Mapping[str, str],
        regressions: Sequence[Regression] = (),
    ) -> Verdict:
        """Judge a body or a module; where it is accepted, the verdict tells what is caught."""

        def judge() -> Verdict:
            return gate.judge(spec, graph, text, modules, regressions=regressions)

        if spec.kind == "record":
            return judge()
        self._begin(spec, graph, text, modules)
        try:
            verdict = judge()
            found = self._child.receive() if verdict.accepted else None
        except BaseException:
            self._drop()
            raise
        if found is None:
            if verdict.stage != "structure":  # else the other says the same at once
                self._drop()
            else:
                self._child.receive()
            return verdict
        if isinstance(found, GateError):
            # It may have been the other process alone that failed.
            self._drop()
            found = stage.caught(gate, spec, graph, text, modules)
        if not isinstance(found, Caught):
            assert isinstance(found, Exception)
            raise found
        return replace(verdict, caught=found)

    def _begin(
        self, spec: Spec, graph: SpecGraph, text: str, modules: Mapping[str, str]
    ) -> None:
        new = None if graph is self._graph else graph
        self._graph = graph
        self._child.send(Order(spec.name, text, modules, (), new, "measure"))

    def _drop(self) -> None:
        """End what is measured now; the next gate is warm before it is needed."""
        self._child.close()
        self._child, self._graph = GateChild(self._package), None

    def close(self) -> None:
        """End the second gate."""
        self._child.close()
