"""What the demo breaks: the one is refused at sight, the other fails only live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from architect.demo.faults import BROKEN_SAVE, LIVE_FAILURE, Fault
from architect.demo.run import WARMUP
from architect.gate.gate import Gate, open_gate
from architect.gate.replay import Replay
from architect.gate.verdict import Verdict
from architect.rebuild import accepted_modules
from architect.wick.minimise import minimise
from architect.wick.wording import told
from core.project import Project
from core.spec_graph import load_graph
from core.values import decode, encode

PROJECT = Project(Path(__file__).resolve().parents[2])
GRAPH = load_graph(PROJECT.specs)


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with open_gate() as made:
        yield made


def modules() -> dict[str, str]:
    return accepted_modules(
        PROJECT, GRAPH, lambda name: PROJECT.module(name).read_text()
    )


def judged(gate: Gate, fault: Fault) -> Verdict:
    return gate.judge(GRAPH.get(fault.module), GRAPH, fault.body, modules())


def test_the_broken_save_is_refused(gate: Gate) -> None:
    assert not judged(gate, BROKEN_SAVE).accepted


def test_the_live_failure_passes_the_gate(gate: Gate) -> None:
    verdict = judged(gate, LIVE_FAILURE)
    assert verdict.accepted, verdict.as_text()


@pytest.mark.parametrize(("scale", "window"), [(1.0, 20), (311.7, 48)])
def test_every_live_call_shrinks_to_the_same_words(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, scale: float, window: int
) -> None:
    """A model's recorded reply is found by these words, on every machine and at any tick."""
    workers: list[Any] = []
    start: Callable[..., Any] = gate.sandbox.worker

    def counted(*limits: Any) -> Any:
        workers.append(limits)
        return start(*limits)

    monkeypatch.setattr(gate.sandbox, "worker", counted)
    volume = pd.Series([scale * (1 + i % 7) for i in range(WARMUP)], name="volume")
    live = {"volume": encode(volume), "window": window}
    shipped = GRAPH.get(LIVE_FAILURE.module)
    limits = shipped.limits.model_copy(update={"time_ms": 5000})
    for spec in (shipped, shipped.model_copy(update={"limits": limits})):
        workers.clear()
        replay = Replay(gate, spec, GRAPH, modules())
        found = replay.reproduce(LIVE_FAILURE.body, live, minimise)
        assert found is not None
        small = decode(found.arguments["volume"], {})
        assert (len(small), set(small), found.arguments["window"]) == (525, {1.0}, 1)
        text = told(found.failure)
        assert text.startswith(
            "volume_spike raises RecursionError: maximum recursion depth exceeded\n"
        )
        assert "got: 'RecursionError: maximum recursion depth exceeded'" in text
    # A slow machine's call may pass the shipped limit, and is tried again in another one.
    assert len(workers) == 1
