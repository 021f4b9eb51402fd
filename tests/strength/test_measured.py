"""What is remembered of a strength holds only for what it was measured of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from strength_specs import BODIES, GRAPH, SPECS, TEXTS

from architect.gate.verdict import Caught
from architect.gate_process import Order
from architect.strength.measured import Measured
from core.spec_graph import SpecGraph, graph
from core.spec_text import parse_spec

USER = TEXTS["larger"].replace("name: larger", "name: largest\nuses: [larger]")
CAUGHT = Caught(9, 9, 0.95)
ORDER = Order("largest", "return larger(a, b)\n", {"larger": "one"}, (), None)


def specs(**texts: str) -> SpecGraph:
    texts = {"larger": TEXTS["larger"], "largest": USER, **texts}
    return graph({**GRAPH.specs, **{n: parse_spec(t, n) for n, t in texts.items()}})


@pytest.fixture
def measured() -> Measured:
    made = Measured()
    made.keep(ORDER, specs(), CAUGHT)
    return made


def test_it_is_known_while_only_words_change(measured: Measured) -> None:
    other = specs(
        largest=USER.replace("The larger", "Which is larger"),
        larger=TEXTS["larger"].replace("The larger of two.", "One.\nnotes: As ever."),
    )
    assert measured.of(ORDER, other) == CAUGHT
    # What it does not use plays no part.
    apart = replace(ORDER, modules={**ORDER.modules, "strong_fee": "another"})
    assert measured.of(apart, specs()) == CAUGHT


def test_it_is_not_known_of_another_module(measured: Measured) -> None:
    assert measured.of(replace(ORDER, name="larger"), specs()) is None


@pytest.mark.parametrize(
    "change", [{"text": "return max(a, b)\n"}, {"modules": {"larger": "two"}}]
)
def test_another_body_or_used_module_makes_it_unknown(
    measured: Measured, change: dict[str, object]
) -> None:
    assert measured.of(replace(ORDER, **change), specs()) is None  # type: ignore[arg-type]
    assert measured.of(ORDER, specs()) == CAUGHT


def test_another_claim_makes_it_unknown_in_a_used_spec_too(measured: Measured) -> None:
    wider = "range: [0, 9]", "range: [0, 8]"
    assert measured.of(ORDER, specs(largest=USER.replace(*wider))) is None
    assert measured.of(ORDER, specs(larger=TEXTS["larger"].replace(*wider))) is None


KEPT = """
name: kept
kind: function
intent: The value as it is.
params: {v: {type: int | float | bool, meaning: a value, choices: [VALUE, 3]}}
returns: {type: int | float | bool, meaning: the same}
examples:
  - {given: {v: VALUE}, expect: VALUE}
  - {given: {v: 3}, expect: 3, held_back: true}
"""


def test_equal_values_of_another_type_make_it_unknown(measured: Measured) -> None:
    order = Order("kept", "return v\n", {}, (), None)
    one, of_float, of_bool = (
        specs(kept=KEPT.replace("VALUE", value)) for value in ("1", "1.0", "true")
    )
    measured.keep(order, one, CAUGHT)
    assert measured.of(order, of_float) is None
    assert measured.of(order, of_bool) is None
    assert measured.of(order, one) == CAUGHT


def test_another_record_that_only_a_port_answers_with_makes_it_unknown(
    measured: Measured,
) -> None:
    order = Order("cancel_it", BODIES["cancel_it"], {}, (), None)
    assert "order_status" not in GRAPH.needs("cancel_it")
    measured.keep(order, specs(), CAUGHT)
    text = (SPECS / "order_status.yaml").read_text()
    wider = text.replace("range: [0.0001, 20]", "range: [0.0001, 30]")
    assert wider != text
    assert measured.of(order, specs(order_status=wider)) is None
    assert measured.of(order, specs()) == CAUGHT
