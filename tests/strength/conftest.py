"""One gate on one real sandbox for all tests of spec strength."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from strength_specs import BODIES, GRAPH, MODULES, Measure

from architect.gate.gate import Gate, open_gate
from architect.strength.strength import Strength, measure


@pytest.fixture(scope="session")
def strength_gate() -> Iterator[Gate]:
    with open_gate() as made:
        yield made


@pytest.fixture(scope="session")
def measured(strength_gate: Gate) -> Measure:
    """Measure a small spec with its right body; each is measured once."""
    known: dict[str, Strength] = {}

    def measure_it(name: str) -> Strength:
        if name not in known:
            known[name] = measure(
                strength_gate, GRAPH.get(name), GRAPH, BODIES[name], MODULES
            )
        return known[name]

    return measure_it
