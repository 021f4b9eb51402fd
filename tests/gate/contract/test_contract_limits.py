"""Calls that do not end, eat memory, end their process or differ from run to run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

import pytest
from small_specs import BODIES, GRAPH

from architect.gate.contract.subject import Subject
from architect.gate.gate import Gate
from architect.gate.sandbox import Outcome
from architect.gate.verdict import Verdict
from core.spec_graph import graph
from core.spec_text import parse_spec

Judge = Callable[..., Verdict]


def _limited(gate: Gate, name: str, body: str, **limits: int) -> Verdict:
    spec = GRAPH.get(name)
    narrow = spec.model_copy(update={"limits": spec.limits.model_copy(update=limits)})
    return gate.judge(narrow, GRAPH, body, {})


@pytest.mark.alone
def test_call_that_never_ends_is_refused(gate: Gate) -> None:
    started = time.monotonic()
    verdict = _limited(gate, "clamp", "return sum(1 for _ in iter(int, 1))", time_ms=60)
    assert not verdict.accepted
    assert "does not end within its 60 ms" in verdict.as_text()
    assert verdict.counter_example is not None
    assert time.monotonic() - started < 5


@pytest.mark.alone
def test_rare_call_that_never_ends_is_refused_without_shrinking(gate: Gate) -> None:
    body = "while value > 50:\n    value += 1\nreturn max(low, min(value, high))"
    started = time.monotonic()
    verdict = _limited(gate, "clamp", body, time_ms=60)
    assert not verdict.accepted
    assert "does not end" in verdict.as_text()
    assert time.monotonic() - started < 5


def test_call_that_eats_memory_is_refused(gate: Gate) -> None:
    body = "many = [0] * (10 ** 8 * (1 + abs(value)))\nreturn max(low, min(value, len(many), high))"
    verdict = _limited(gate, "clamp", body, memory_mb=64)
    assert not verdict.accepted
    assert "MemoryError" in verdict.as_text() or "memory" in verdict.as_text()


def test_huge_answer_is_refused(judge: Judge) -> None:
    body = 'return [name * 10 ** 8 for name in scores] and ["x" * 10 ** 8]'
    verdict = judge("top_names", body)
    assert not verdict.accepted


def test_answer_without_a_plain_form_is_refused(gate: Gate) -> None:
    spec = GRAPH.get("top_names").model_copy(update={"ensures": []})
    body = "return (name for name in scores)"
    verdict = gate.judge(spec, GRAPH, body, {})
    assert not verdict.accepted
    assert "no plain value" in verdict.as_text()


def test_order_of_a_set_is_refused(gate: Gate) -> None:
    """The same in every process with the same hashes: the gate looks with others too."""
    spec = parse_spec(
        "name: distinct\nkind: function\nintent: The names, each once.\n"
        "params:\n"
        '  names: {type: "list[str]", meaning: names, size: [0, 6]}\n'
        'returns: {type: "list[str]", meaning: the names}\n'
        "examples:\n"
        "  - {given: {names: [a, a]}, expect: [a]}\n"
        "  - {given: {names: []}, expect: [], held_back: true}\n"
        "properties:\n"
        "  - {name: same names, check: sorted(result) == sorted(set(names))}\n"
    )
    graph_ = graph({"distinct": spec})
    verdict = gate.judge(spec, graph_, "return list(set(names))", {})
    assert not verdict.accepted
    assert "distinct is not repeatable" in verdict.as_text()
    assert gate.judge(spec, graph_, "return list(dict.fromkeys(names))", {}).accepted


def test_a_used_module_that_a_busy_machine_kept_waiting_is_asked_once_more(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First in a trip with others, then alone: its slowness is no candidate's fault."""
    made, asked = Subject._made, itertools.count()

    def kept_waiting(
        self: Subject, name: str, texts: Sequence[str]
    ) -> Sequence[Outcome]:
        if name == "fee" and next(asked) < 2:
            self.close()
            return [Outcome("timeout", detail="no answer within 0.1 s")]
        return made(self, name, texts)

    monkeypatch.setattr(Subject, "_made", kept_waiting)
    verdict = judge("round_trip", BODIES["round_trip"], "fee")
    assert verdict.accepted, verdict.as_text()
    assert next(asked) > 2


def test_gate_is_used_again_after_every_end(gate: Gate, judge: Judge) -> None:
    for _ in range(3):
        assert judge("clamp", BODIES["clamp"]).accepted
        assert not judge("clamp", "return 0 * value // 0").accepted


def test_verdict_is_the_same_every_time(judge: Judge) -> None:
    first, second = (judge("clamp", "return min(value, high)") for _ in range(2))
    assert (first.findings, first.counter_example) == (
        second.findings,
        second.counter_example,
    )
    assert first.checks == second.checks
