"""A gate in a process of its own, so that modules are judged side by side.

    python -m architect.gate_process DESCRIPTOR PACKAGE

Started by `architect.gate_child` and by nobody else; it ends when its other end does.
Both ends are ours, so they speak pickle; candidates run in the sandbox of this gate.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Literal

from architect.gate.contract.regressions import Regression
from architect.gate.gate import Gate, open_gate
from architect.gate.structure import check_candidate
from architect.gate.verdict import UNKNOWN, Caught, CounterExample, Verdict
from architect.strength import stage
from core.errors import ArchitectError, GateError
from core.plain_data import dump
from core.spec_graph import SpecGraph

Answer = Verdict | Caught | ArchitectError
Job = Literal["judge", "judge and measure", "measure"]


@dataclass(frozen=True, slots=True)
class Order:
    """One text to judge; `graph` is None where it is the one of the order before.

    `job` may be to measure the strength of its spec too, or to measure alone.
    """

    name: str
    text: str
    modules: Mapping[str, str]
    regressions: Sequence[Regression]
    graph: SpecGraph | None
    job: Job = "judge"


def main() -> None:
    """Judge what comes until the other end closes."""
    connection: Connection = Connection(int(sys.argv[1]))
    try:
        with open_gate(sys.argv[2]) as gate:
            _serve(connection, gate)
    except (EOFError, ConnectionError):  # the other end is gone, perhaps in the middle
        return
    except ArchitectError as error:
        # Nothing was judged: the sandbox does not hold here, and the first asker hears it.
        connection.recv()
        connection.send(error)


def _serve(connection: Connection, gate: Gate) -> None:
    graph: SpecGraph | None = None
    while True:
        order: Order = connection.recv()
        graph = order.graph or graph
        assert graph is not None
        connection.send(_answer(gate, graph, order))


def _answer(gate: Gate, graph: SpecGraph, order: Order) -> Answer:
    spec = graph.specs[order.name]
    try:
        if order.job == "measure":
            # Nobody has judged it: nothing is run before the structure allows it.
            if check_candidate(spec, graph, order.text, gate.package)[1]:
                return GateError(f"{spec.name}: its structure is refused")
            return stage.caught(gate, spec, graph, order.text, order.modules)
        judge = Gate.judge if order.job == "judge" else stage.judged
        verdict = judge(
            gate, spec, graph, order.text, order.modules, regressions=order.regressions
        )
    except ArchitectError as error:
        return error
    # A held-back example stays in the process that judged it.
    shown = _plain(verdict.counter_example)
    return replace(verdict, counter_example=shown, private=None)


def _plain(example: CounterExample | None) -> CounterExample | None:
    """Return it without objects of classes that only this process has."""
    if example is None:
        return None
    known = example.expected is not UNKNOWN
    expected = dump(example.expected) if known else UNKNOWN
    given, ports = dump(example.given), example.ports and dump(example.ports)
    return replace(
        example, given=given, expected=expected, got=dump(example.got), ports=ports
    )


if __name__ == "__main__":
    main()
