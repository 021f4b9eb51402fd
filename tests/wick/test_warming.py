"""While nothing fails the inputs of the tests are drawn, in small steps."""

from __future__ import annotations

import pytest
from wick_project import SUMS, Bench

from architect.wick.warming import warming


def test_what_is_drawn_is_there_when_a_judgement_wants_it(bench: Bench) -> None:
    bench.accept("total", SUMS)
    session = bench.session
    session.gate._pools.clear()
    steps = list(warming(session))
    assert set(steps) == {"total"}
    assert len(steps) > 3, "one claim a step"
    drawn = {name: set(pool) for name, (_, pool) in session.gate._pools.items() if pool}
    graph = session.graph()
    assert session.judge(graph)(graph.get("total"), SUMS).accepted
    after = {name: set(pool) for name, (_, pool) in session.gate._pools.items() if pool}
    assert after == drawn, "nothing had to be drawn any more"


@pytest.mark.parametrize("how", ["half edited", "no longer readable"])
def test_nothing_is_drawn_of_specs_that_cannot_be_read(
    bench: Bench, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.accept("total", SUMS)
    if how == "half edited":
        with (bench.project.specs / "total.yaml").open("a") as spec:
            spec.write("\nnonsense: [\n")
    else:
        monkeypatch.setattr(bench.session, "graph", _unreadable)
    assert list(warming(bench.session)) == []


def _unreadable() -> None:
    raise PermissionError("total.yaml")
