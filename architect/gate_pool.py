"""Several gates side by side, each in a process of its own.

It hands out texts and collects verdicts. Asking, writing and committing stay with the
one process that started it; when that ends, however it ends, the gates end too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from architect.gate.contract.regressions import Regression
from architect.gate.verdict import Caught, Verdict
from architect.gate_child import GateChild
from architect.gate_process import Job, Order
from architect.judges import Answer
from core.spec import Spec
from core.spec_graph import SpecGraph

# A gate costs a second and some 200 MB: more than this are seldom worth it.
MOST = 4
# Fewer texts than this are judged before a second gate is warm.
WORTH_IT = 16

# Returns the accepted modules and the known failures of a module, as they are now.
Known = Callable[[str], tuple[dict[str, str], list[Regression]]]
Note = Callable[[Spec, str, Verdict], None]


def slots_for(texts: int) -> int:
    """Return how many gates to use for so many texts on this machine."""
    return 1 if texts < WORTH_IT else min(MOST, len(os.sched_getaffinity(0)))


@dataclass
class _Gate:
    """One process; `judging` is what it has at hand."""

    child: GateChild
    judging: tuple[Spec, str] | None = None
    has_graph: bool = False


class GatePool:
    """Judges of one graph; `note` is told of every verdict. Close it when done.

    With `strength` they measure the specs of what they accept too.
    """

    def __init__(
        self,
        slots: int,
        package: str,
        graph: SpecGraph,
        known: Known,
        note: Note,
        strength: bool = False,
    ) -> None:
        self.slots, self._strength = slots, strength
        self._graph, self._known, self._note = graph, known, note
        self._gates: list[_Gate] = []
        try:
            for _ in range(slots):
                self._gates.append(_Gate(GateChild(package)))
        except BaseException:
            self.close()
            raise

    def submit(self, spec: Spec, text: str) -> None:
        """Begin to judge a body or a module of `spec`."""
        gate = next(gate for gate in self._gates if gate.judging is None)
        modules, regressions = self._known(spec.name)
        graph = None if gate.has_graph else self._graph
        gate.judging, gate.has_graph = (spec, text), True
        job: Job = "judge and measure" if self._strength else "judge"
        gate.child.send(Order(spec.name, text, modules, regressions, graph, job))

    def ready(self) -> tuple[str, Answer]:
        """Wait for one; return its spec's name and its verdict, or what went wrong."""
        busy = {gate.child.connection: gate for gate in self._gates if gate.judging}
        connection = wait(list(busy))[0]
        assert isinstance(connection, Connection)
        gate = busy[connection]
        assert gate.judging is not None
        (spec, text), gate.judging = gate.judging, None
        answer = gate.child.receive()
        assert not isinstance(answer, Caught)  # no order of ours is to measure alone
        if isinstance(answer, Verdict):
            self._note(spec, text, answer)
        return spec.name, answer

    def close(self) -> None:
        """End all gates, also those that judge."""
        for gate in self._gates:
            gate.child.kill()
        for gate in self._gates:
            gate.child.close()
        self._gates.clear()
