"""Which clones are started: asked of the module clone_starter, in the sandbox."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from wick_project import CHECKOUT, SUMS, Bench

from architect.gate.asking import ask
from architect.wick.plan import (
    CloneBudget,
    Situation,
    clone_plan,
    default_plan,
    repair_plan,
)
from core.errors import GateError
from core.template_footer import split_module

SITUATION = Situation("failure", 2, True, ["wick", "code"], 21)


@pytest.fixture
def starter(bench: Bench) -> Bench:
    """A project that has the shipped clone starter."""
    for name in ("clone_budget", "clone_starter"):
        shutil.copy(CHECKOUT / f"specs/trading/{name}.yaml", bench.project.spec(name))
        text = (CHECKOUT / f"generated/trading/{name}.py").read_text()
        spec = bench.session.graph().get(name)
        bench.accept(name, split_module(spec, text) or "")
    return bench


def test_the_shipped_starter_says_what_is_started(starter: Bench) -> None:
    assert clone_plan(starter.session, SITUATION) == [
        CloneBudget("earlier", "", 21, 2),
        CloneBudget("search", "", 10, 200_000),
        CloneBudget("model", "wick", 21, 1),
        CloneBudget("model", "code", 21, 1),
    ]
    many = Situation("failure", 9, False, [], 21)
    assert clone_plan(starter.session, many) == [CloneBudget("earlier", "", 21, 5)]
    assert clone_plan(starter.session, Situation("drift", 2, True, ["wick"], 21)) == []


@pytest.mark.parametrize(
    ("body", "reproduced", "searched"),
    [(SUMS, False, False), (SUMS, True, True), ("return start\n", False, True)],
)
def test_it_is_searched_where_some_test_fails(
    starter: Bench, body: str, reproduced: bool, searched: bool
) -> None:
    session = starter.session
    graph = session.graph()
    plan = repair_plan(session, graph.get("total"), graph, body, 0, reproduced)
    assert ("search" in {clone.origin for clone in plan}) is searched


def test_without_a_starter_everything_is_started(bench: Bench) -> None:
    plan = clone_plan(bench.session, SITUATION)
    assert plan == default_plan(SITUATION)
    assert [clone.origin for clone in plan] == ["earlier", "search", "model", "model"]


def test_a_starter_that_does_not_answer_starts_everything(starter: Bench) -> None:
    text = starter.project.module("clone_starter").read_text()
    broken = text.replace("found = [", "found = 1 / 0 or [")
    assert broken != text
    path = starter.project.module("clone_starter")
    modules = {"clone_starter": broken}
    session = starter.session
    replay = session.replay(session.graph().get("clone_starter"), session.graph())
    with pytest.raises(GateError, match="ZeroDivisionError"):
        ask(replay.__class__(replay.gate, replay.spec, replay.graph,
                             {**replay.modules, **modules}), _given())  # fmt: skip
    Path(path).unlink()
    shutil.rmtree(starter.project.replies)
    assert clone_plan(session, SITUATION) == default_plan(SITUATION)


def _given() -> dict[str, object]:
    return {
        "kind": "failure",
        "earlier": 1,
        "reproduced": True,
        "routes": [],
        "budget_s": 5,
    }
