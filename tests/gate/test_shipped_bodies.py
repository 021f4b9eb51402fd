"""Every shipped body passes the whole gate: what is right is not stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from architect.gate.gate import Gate, open_gate
from core.spec import Spec
from core.spec_graph import SpecGraph, graph
from core.spec_text import parse_spec

ROOT = Path(__file__).parents[2]
SPECS: dict[str, Spec] = {
    path.stem: parse_spec(path.read_text(), path.stem)
    for path in sorted((ROOT / "specs" / "trading").glob("*.yaml"))
}
GRAPH: SpecGraph = graph(SPECS)
MODULES = {
    name: (ROOT / "generated" / "trading" / f"{name}.py").read_text() for name in SPECS
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with open_gate() as made:
        yield made


@pytest.mark.parametrize("name", SPECS)
def test_a_shipped_module_is_accepted(gate: Gate, name: str) -> None:
    verdict = gate.judge(
        GRAPH.get(name), GRAPH, MODULES[name], MODULES, dependents=False
    )
    assert verdict.accepted, verdict.as_text()
