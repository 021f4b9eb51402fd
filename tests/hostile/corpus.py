"""The whole corpus, and how it is tried: by the gate as it is, and with layers off."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GATE_TESTS = Path(__file__).parents[1] / "gate"
# The rows build upon the cases of the gate's own tests.
sys.path[:0] = [
    str(_GATE_TESTS),
    str(_GATE_TESTS / "sandbox"),
    str(Path(__file__).parent),
]

import rows_bombs  # noqa: E402 - the folders above are needed first
import rows_channel  # noqa: E402
import rows_cheating  # noqa: E402
import rows_denial  # noqa: E402
import rows_detours  # noqa: E402
import rows_live  # noqa: E402
import rows_machine  # noqa: E402
import rows_rules  # noqa: E402
from hostile_case import Hostile  # noqa: E402
from known_answers import modules_for, spec_for  # noqa: E402

from architect.gate.gate import Gate  # noqa: E402
from architect.gate.sandbox import Limits, Outcome, Sandbox, Worker  # noqa: E402
from architect.gate.verdict import Finding, Verdict  # noqa: E402
from core.spec import Spec  # noqa: E402
from core.spec_graph import SpecGraph  # noqa: E402
from core.template_footer import render_module  # noqa: E402

ROWS: list[Hostile] = [
    *rows_rules.ROWS, *rows_cheating.ROWS, *rows_denial.ROWS, *rows_machine.ROWS,
    *rows_bombs.ROWS, *rows_channel.ROWS, *rows_detours.ROWS, *rows_live.ROWS,
]  # fmt: skip
BEYOND: list[Hostile] = rows_bombs.BEYOND
ALONE = [(row, layer) for row in ROWS for layer in row.alone]
# What a layer needs beside it; see architect.gate.sandbox.proof.
WORN = {"rlimits": ("uid", "rlimits")}
# What the rows of BEYOND wait for; their spec tests 0 to 100.
OUTSIDE = 2_000_000_011
LIMITS = Limits(memory_bytes=256 << 20, call_s=1.0)


class WithoutStructure(Gate):
    """A gate that believes every text: what it refuses, another layer holds."""

    def _structure(
        self, spec: Spec, graph: SpecGraph, text: str
    ) -> tuple[str, list[Finding]]:
        return text, []


@contextmanager
def open_gates() -> Iterator[tuple[Gate, WithoutStructure]]:
    """Start both sandboxes and yield the gate as it is and the one without structure."""
    with Sandbox() as sandbox, Sandbox(hash_seed=1) as elsewhere:
        gates = Gate(sandbox, elsewhere), WithoutStructure(sandbox, elsewhere)
        gates[0].warm()
        yield gates


def judged(gate: Gate, row: Hostile) -> Verdict:
    """Judge a row by a gate."""
    spec, graph = spec_for(row)
    return gate.judge(spec, graph, row.body, modules_for(row))


def held_live(sandbox: Sandbox, row: Hostile, **contract: list[str]) -> Outcome:
    """Call a row's module in its wrapper, as the running system does, outside the range
    that its spec tests; `contract` are what the spec requires or ensures besides."""
    spec, _ = spec_for(row)
    told = spec.model_copy(update=contract)
    text = render_module(told, row.body).encode()
    with Worker(sandbox.zygote, LIMITS) as worker:
        loaded = worker.load([(f"generated.trading.{told.name}", text)])
        assert loaded.ok, loaded
        return worker.call(told.name, {"x": OUTSIDE})


def run_alone(sandbox: Sandbox, row: Hostile, layers: tuple[str, ...]) -> Outcome:
    """Run a row's body in a worker that wears only these layers."""
    lines = "".join(f"    {line}\n" for line in row.body.splitlines())
    with Worker(sandbox.zygote, LIMITS, layers) as worker:
        loaded = worker.load([("generated.trading.f", f"def f():\n{lines}".encode())])
        if not loaded.ok:
            return Outcome(loaded.status, raised=loaded.raised, detail=loaded.detail)
        return worker.call("f", {})
