"""One pair of gates for the whole corpus, warm before the first row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from corpus import WithoutStructure, judged, open_gates
from hostile_case import INT, PRICES, Hostile
from known_answers import ANSWERS

from architect.gate.gate import Gate

TABLE = "return prices.to_frame()"
Gates = tuple[Gate, WithoutStructure]


@pytest.fixture(scope="session")
def gates() -> Iterator[Gates]:
    with open_gates() as both:
        # What is imported or started on the way to a verdict is so now.
        for gate in both:
            rows = [
                (s, body)
                for s, (_, _, right) in ANSWERS.items()
                for body in (right, "[]")
            ]
            rows += [
                (INT, "while True:\n    pass"),
                (INT, "return {}[1]"),
                (PRICES, TABLE),
            ]
            for signature, body in rows:
                verdict = judged(gate, Hostile("warm", "up", body, signature))
                verdict.as_text(), verdict.as_json()
        yield both
