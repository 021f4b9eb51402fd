"""What a gate keeps between two judgements: drawn inputs and record classes, and only
while nothing changes that decides them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from small_specs import GRAPH, TEXTS, modules

from architect.gate import gate as gates
from architect.gate.contract import inputs as drawing
from architect.gate.gate import Gate
from architect.gate.records import record_classes
from core.spec import Spec
from core.spec_graph import SpecGraph, graph
from core.spec_text import parse_spec

RIGHT = "return max(low, min(value, high))\n"
RECORD = """
name: level
kind: record
intent: {intent}
fields:
  price: {{type: {type}, meaning: a price}}
"""


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The claims for which inputs are drawn from now on."""
    seen: list[str] = []
    drawn = drawing.sample

    def noted(strategy: object, cases: int, seed: str) -> list[object]:
        seen.append(seed)
        found: list[object] = drawn(strategy, cases, seed)  # type: ignore[arg-type]
        return found

    monkeypatch.setattr(drawing, "sample", noted)
    return seen


def edited(change: Callable[[str], str]) -> tuple[Spec, SpecGraph]:
    specs = {
        name: parse_spec(change(text) if name == "clamp" else text, name)
        for name, text in TEXTS.items()
    }
    return specs["clamp"], graph(specs)


def test_another_word_in_a_spec_draws_no_input_anew(
    gate: Gate, draws: list[str]
) -> None:
    assert gate.judge(GRAPH.get("clamp"), GRAPH, RIGHT, modules()).accepted
    draws.clear()
    spec, after = edited(
        lambda text: text.replace("The nearest value", "That value").replace(
            "lower bound", "the least"
        )
    )
    assert gate.judge(spec, after, RIGHT, modules()).accepted
    assert draws == []


@pytest.mark.parametrize(
    "change",
    [
        ("high: {type: int, meaning: upper bound, range: [-100, 100]}",
         "high: {type: int, meaning: upper bound, range: [-100, 99]}"),
        ("requires: [low <= high, value > -1000]", "requires: [low < high]"),
        ("ensures: [low <= result <= high]", "ensures: [result != 1000]"),
        ("check: call(value=result) == result", "check: call(value=result) == result * 1"),
    ],
)  # fmt: skip
def test_what_decides_the_inputs_has_them_drawn_anew(
    gate: Gate, draws: list[str], change: tuple[str, str]
) -> None:
    assert gate.judge(GRAPH.get("clamp"), GRAPH, RIGHT, modules()).accepted
    draws.clear()
    assert change[0] in TEXTS["clamp"]
    spec, after = edited(lambda text: text.replace(*change))
    assert gate.judge(spec, after, RIGHT, modules()).accepted
    assert draws != []


def with_record(intent: str = "One.", kind: str = "float") -> SpecGraph:
    text = RECORD.format(intent=intent, type=kind)
    return graph({"level": parse_spec(text, "level")})


def test_record_classes_are_the_same_while_no_record_changes() -> None:
    first = record_classes(with_record())
    assert record_classes(with_record()) is first
    other = record_classes(with_record(kind="int"))
    assert other is not first
    assert other["Level"].__types__["price"].name == "int"  # type: ignore[attr-defined]


def test_inputs_that_hold_records_of_earlier_classes_are_forgotten(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, draws: list[str]
) -> None:
    spec = GRAPH.get("clamp")
    assert gate.judge(spec, GRAPH, RIGHT, modules()).accepted
    draws.clear()
    made = record_classes(GRAPH)
    monkeypatch.setattr(gates, "record_classes", lambda *_: dict(made))
    assert gate.judge(spec, GRAPH, RIGHT, modules()).accepted
    assert draws != []
