"""The strength of a spec, measured while the gate still judges its body.

The two need nothing of each other, and both are mostly waiting for sandboxes: side by
side they take as long as the longer one. What is measured of a body that the gate then
refuses is thrown away. What follows from the same body and claims as the last time is not
measured again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from architect.gate.gate import Gate
from architect.gate.verdict import Caught, Verdict
from architect.gate_child import GateChild
from architect.gate_process import Answer, Order
from architect.strength import stage
from architect.strength.measured import Measured
from core.errors import ArchitectError, GateError
from core.spec_graph import SpecGraph


class Beside:
    """A second gate that measures; started at once, close it when done."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._child = GateChild(package)
        self._graph: SpecGraph | None = None
        self._measured = Measured()

    def judged(self, gate: Gate, order: Order) -> Verdict:
        """Judge what an order to measure holds; where it is accepted, the verdict tells what
        is caught.
        """
        assert order.graph is not None
        graph, spec = order.graph, order.graph.specs[order.name]
        judge = partial(
            gate.judge, spec, graph, order.text, order.modules,
            regressions=order.regressions,
        )  # fmt: skip
        if spec.kind == "record":
            return judge()
        known = self._measured.of(order, graph)
        if known is not None:
            verdict = judge()
            return replace(verdict, caught=known) if verdict.accepted else verdict
        self._begin(order)
        found: Answer | None = None
        try:
            verdict = judge()
            # Where the structure is refused the other says the same at once.
            if verdict.accepted or verdict.stage == "structure":
                found = self._child.receive()
        finally:
            if found is None:
                self._drop()
        if not verdict.accepted:
            return verdict
        if isinstance(found, GateError):
            # It may have been the other process alone that failed.
            self._drop()
            found = stage.caught(gate, spec, graph, order.text, order.modules)
        if isinstance(found, ArchitectError):
            raise found
        assert isinstance(found, Caught)
        self._measured.keep(order, graph, found)
        return replace(verdict, caught=found)

    def _begin(self, order: Order) -> None:
        known = order.graph is self._graph
        self._graph = order.graph
        self._child.send(replace(order, graph=None) if known else order)

    def _drop(self) -> None:
        """End what is measured now; the next gate is warm before it is needed."""
        self._child.close()
        self._child, self._graph = GateChild(self._package), None

    def close(self) -> None:
        """End the second gate."""
        self._child.close()
