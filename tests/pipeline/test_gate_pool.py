"""Gates in processes of their own give the verdicts that one gate gives."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_project import BODIES, Bench, assert_whole, fenced, record_answers

from architect.gate.verdict import UNKNOWN, Verdict
from architect.gate_pool import WORTH_IT, GatePool, slots_for
from architect.rebuild import accepted_modules
from core.errors import GateError
from core.spec import Spec
from core.spec_graph import load_graph

pytestmark = pytest.mark.slow
Make = Callable[[Bench], GatePool]


@pytest.fixture
def make_pool() -> Iterator[Make]:
    pools: list[GatePool] = []

    def make(bench: Bench) -> GatePool:
        graph = load_graph(bench.project.specs)

        def known(name: str) -> tuple[dict[str, str], list[object]]:
            return (
                accepted_modules(bench.project, graph, bench.pipeline().module_text),
                [],
            )

        def note(spec: Spec, text: str, verdict: Verdict) -> None:
            bench.judged.append(spec.name)

        pools.append(GatePool(2, "trading", graph, known, note))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


WRONG = {
    "fee": "return notional\n",
    "round_trip": "return fee(notional)\n",
    "running_mean": "return close[::-1].expanding().mean()[::-1]\n",
    "spread": "return quote\n",
    "cancel_it": "import os\nreturn True\n",
}


def test_a_build_side_by_side_stands_like_any_other(
    bench: Bench, make_pool: Make
) -> None:
    bench.answers["running_mean"] = [fenced(WRONG["running_mean"])]
    pipeline = bench.pipeline()
    pipeline.judges = lambda graph, texts: make_pool(bench)
    outcome = pipeline.generate()
    assert outcome.ok
    assert outcome.built["running_mean"].tries == 2
    assert len(bench.judged) == 9
    assert_whole(bench.project)
    assert bench.generate().ok
    assert bench.asked == []


@pytest.mark.parametrize("bodies", [BODIES, WRONG], ids=["right", "wrong"])
def test_the_verdicts_are_those_of_one_gate(
    built: Bench, make_pool: Make, bodies: dict[str, str]
) -> None:
    graph = load_graph(built.project.specs)
    pool, judge = make_pool(built), built.judge_with(
        graph, built.pipeline().module_text
    )
    for name, body in bodies.items():
        spec = graph.get(name)
        pool.submit(spec, body)
        named, there = pool.ready()
        here = judge(spec, body)
        assert isinstance(there, Verdict)
        assert named == name
        assert there.private is None
        assert (
            there.as_text().partition(" check")[0]
            == here.as_text().partition(" check")[0]
        )
        for left, right in zip(
            there.as_plain().items(), here.as_plain().items(), strict=True
        ):
            assert left == right or left[0] == "duration_ms"
        if here.counter_example is not None:
            unknown = here.counter_example.expected is UNKNOWN
            assert there.counter_example is not None
            assert (there.counter_example.expected is UNKNOWN) == unknown


def test_a_gate_that_is_killed_is_an_error_of_its_module(
    bench: Bench, make_pool: Make
) -> None:
    pool, spec = make_pool(bench), load_graph(bench.project.specs).get("fee")
    pool.submit(spec, BODIES["fee"])
    os.kill(pool._gates[0].child.process.pid, signal.SIGKILL)
    name, answer = pool.ready()
    assert (name, type(answer)) == ("fee", GateError)
    assert "ended with code -9" in str(answer)


def test_an_error_of_a_gate_is_told_with_its_hint(
    bench: Bench, make_pool: Make
) -> None:
    pool, graph = make_pool(bench), load_graph(bench.project.specs)
    pool.submit(graph.get("round_trip"), BODIES["round_trip"])
    _, answer = pool.ready()
    assert isinstance(answer, GateError)
    assert answer.hint == "architect generate fee"


def test_no_process_is_left_when_it_is_closed(bench: Bench, make_pool: Make) -> None:
    pool = make_pool(bench)
    pids = [gate.child.process.pid for gate in pool._gates]
    pool.submit(load_graph(bench.project.specs).get("fee"), BODIES["fee"])
    pool.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_second_gate_is_used_only_where_it_is_worth_it() -> None:
    assert slots_for(WORTH_IT - 1) == 1
    assert slots_for(10_000) <= len(os.sched_getaffinity(0))


def test_a_module_is_not_begun_before_what_it_uses(
    bench: Bench, make_pool: Make
) -> None:
    record_answers(bench.project)
    told: list[tuple[str, str]] = []
    pipeline = replace(
        bench.pipeline(),
        judges=lambda graph, texts: make_pool(bench),
        progress=lambda name, what, detail: told.append((name, what)),
    )
    assert pipeline.generate().ok
    graph = load_graph(bench.project.specs)
    for name in graph.specs:
        for used in graph.uses[name]:
            assert told.index((used, "built")) < told.index((name, "building"))
