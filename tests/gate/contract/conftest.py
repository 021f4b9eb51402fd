"""One gate on one real sandbox for all tests of the contract stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from small_specs import GRAPH, modules

from architect.gate.gate import Gate, open_gate
from architect.gate.verdict import Verdict

Judge = Callable[..., Verdict]


@pytest.fixture(scope="session")
def gate() -> Iterator[Gate]:
    with open_gate() as made:
        yield made


@pytest.fixture(scope="session")
def judge(gate: Gate) -> Judge:
    """Judge a body of a small spec; `uses` names the right modules beside it."""

    def judged(name: str, body: str, *uses: str, **more: object) -> Verdict:
        return gate.judge(GRAPH.get(name), GRAPH, body, modules(*uses), **more)

    return judged
