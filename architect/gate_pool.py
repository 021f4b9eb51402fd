"""Several gates side by side, each in a process of its own.

It hands out texts and collects verdicts. Asking, writing and committing stay with the
one process that started it; when that ends, however it ends, the gates end too.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait

from architect.gate.contract.regressions import Regression
from architect.gate.verdict import Verdict
from architect.gate_process import Order
from architect.judges import Answer
from core.errors import GateError
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

    process: subprocess.Popen[bytes]
    connection: Connection
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
                self._gates.append(_start(package))
        except BaseException:
            self.close()
            raise

    def submit(self, spec: Spec, text: str) -> None:
        """Begin to judge a body or a module of `spec`."""
        gate = next(gate for gate in self._gates if gate.judging is None)
        modules, regressions = self._known(spec.name)
        graph = None if gate.has_graph else self._graph
        gate.judging, gate.has_graph = (spec, text), True
        with contextlib.suppress(OSError):  # it has ended: `ready` tells so
            gate.connection.send(
                Order(spec.name, text, modules, regressions, graph, self._strength)
            )

    def ready(self) -> tuple[str, Answer]:
        """Wait for one; return its spec's name and its verdict, or what went wrong."""
        busy = {gate.connection: gate for gate in self._gates if gate.judging}
        connection = wait(list(busy))[0]
        assert isinstance(connection, Connection)
        gate = busy[connection]
        assert gate.judging is not None
        (spec, text), gate.judging = gate.judging, None
        answer = _received(gate)
        if isinstance(answer, Verdict):
            self._note(spec, text, answer)
        return spec.name, answer

    def close(self) -> None:
        """End all gates, also those that judge."""
        for gate in self._gates:
            gate.connection.close()
            gate.process.kill()
        for gate in self._gates:
            gate.process.wait()
        self._gates.clear()


def _received(gate: _Gate) -> Answer:
    try:
        answer: Answer = gate.connection.recv()
    except (EOFError, OSError):
        code = gate.process.wait()
        return GateError(
            f"a gate process ended with code {code}", hint="run the command again"
        )
    return answer


def _start(package: str) -> _Gate:
    mine, theirs = Pipe()
    number = theirs.fileno()
    command = [sys.executable, "-m", "architect.gate_process", str(number), package]
    # A session of its own: Ctrl-C at the terminal reaches us, and we end it.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, pass_fds=(number,), start_new_session=True
    )
    theirs.close()
    return _Gate(process, mine)
