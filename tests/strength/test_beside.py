"""Measuring beside the gate: the same strength, and nothing of it where a body is refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from strength_specs import BODIES, GRAPH, MODULES, TEXTS

from architect.gate.gate import Gate
from architect.gate.verdict import Verdict
from architect.gate_process import Order
from architect.strength import stage
from architect.strength.beside import Beside
from architect.strength.measured import Measured
from core.errors import GateError
from core.spec_graph import graph
from core.spec_text import parse_spec


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    made = Beside("trading")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def nothing_is_known(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_measured", Measured())


def judged(beside: Beside, gate: Gate, name: str, body: str = "") -> Verdict:
    text = body or BODIES.get(name, "")
    return beside.judged(gate, Order(name, text, MODULES, (), GRAPH, "measure"))


def pid(beside: Beside) -> int:
    return beside._child.process.pid


@pytest.mark.parametrize("name", ["strong_fee", "weak_fee"])
def test_it_catches_what_is_caught_one_after_the_other(
    beside: Beside, strength_gate: Gate, name: str
) -> None:
    here = stage.judged(strength_gate, GRAPH.get(name), GRAPH, BODIES[name], MODULES)
    before = pid(beside)
    there = judged(beside, strength_gate, name)
    assert there.accepted
    assert there.caught is not None
    assert there.caught == here.caught
    assert there.caught.enough == (name == "strong_fee")
    assert bool(there.caught.survivors) == (name == "weak_fee")
    assert pid(beside) == before


@pytest.mark.parametrize(
    ("name", "before", "after", "measured"),
    [
        ("strong_fee", "What a trade costs.", "What it costs.", 1),
        ("strong_fee", "intent:", "notes: As ever.\nintent:", 1),
        ("weak_fee", "What a trade costs.", "What it costs.", 1),
        ("strong_fee", "call(size=size + 1) == result + price", "result > 0", 2),
        ("strong_fee", "{size: 10, price: 7}\n    expect: 71",
         "{size: 10, price: 8}\n    expect: 81", 2),
        ("strong_fee", "properties:", "tolerance: 1e-3\nproperties:", 2),
        ("strong_fee", "range: [0, 50]", "range: [0, 40]", 2),
    ],
)  # fmt: skip
def test_only_what_its_strength_follows_from_is_measured_again(
    beside: Beside, strength_gate: Gate, name: str, before: str, after: str,
    measured: int, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    begun: list[str] = []
    begin = beside._begin
    monkeypatch.setattr(beside, "_begin", lambda o: (begun.append(o.text), begin(o)))
    first = judged(beside, strength_gate, name)
    assert before in TEXTS[name]
    edited = parse_spec(TEXTS[name].replace(before, after), name)
    specs = graph({**GRAPH.specs, name: edited})
    order = Order(name, BODIES[name], MODULES, (), specs, "measure")
    again = beside.judged(strength_gate, order)
    assert again.accepted
    assert len(begun) == measured
    here = stage.judged(strength_gate, edited, specs, BODIES[name], MODULES)
    assert again.caught == here.caught
    if measured == 1:
        assert again.caught == first.caught


def test_another_body_is_measured_and_a_refused_one_never_has_the_strength_of_before(
    beside: Beside, strength_gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    begin = beside._begin
    monkeypatch.setattr(beside, "_begin", lambda o: (begun.append(o.text), begin(o)))
    bodies = ["", "return 1 + price * size\n", "return 1 + price * size\n"]
    for body in bodies:
        assert judged(beside, strength_gate, "strong_fee", body).caught is not None
    assert len(begun) == 2

    def refused(*given: object, **named: object) -> Verdict:
        return Verdict(accepted=False, stage="contract")

    monkeypatch.setattr(Gate, "judge", refused)
    verdict = judged(beside, strength_gate, "strong_fee", bodies[1])
    assert (verdict.accepted, verdict.caught) == (False, None)


@pytest.mark.parametrize(
    ("body", "stage_of"),
    [("import os\nreturn 1\n", "structure"), ("return size * price\n", "contract")],
)
def test_a_refused_body_has_no_strength_and_the_next_one_is_judged_well(
    beside: Beside, strength_gate: Gate, body: str, stage_of: str
) -> None:
    before = pid(beside)
    refused = judged(beside, strength_gate, "strong_fee", body)
    assert (refused.accepted, refused.stage, refused.caught) == (False, stage_of, None)
    # One whose tests still run is not waited for.
    assert (pid(beside) == before) == (stage_of == "structure")
    accepted = judged(beside, strength_gate, "strong_fee")
    assert accepted.caught is not None
    assert accepted.caught.enough


def test_a_second_gate_that_is_killed_is_done_without(
    beside: Beside, strength_gate: Gate
) -> None:
    os.kill(pid(beside), signal.SIGKILL)
    verdict = judged(beside, strength_gate, "strong_fee")
    assert verdict.caught is not None
    assert verdict.caught.enough
    again = judged(beside, strength_gate, "strong_fee")
    assert again.caught == verdict.caught


def test_an_error_of_the_gate_ends_what_is_measured(
    beside: Beside, strength_gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*given: object, **named: object) -> Verdict:
        raise GateError("the sandbox is lost")

    before = pid(beside)
    with monkeypatch.context() as patched:
        patched.setattr(Gate, "judge", lost)
        with pytest.raises(GateError, match="lost"):
            judged(beside, strength_gate, "strong_fee")
    assert pid(beside) != before
    assert judged(beside, strength_gate, "strong_fee").accepted


def test_a_record_is_judged_by_its_structure_alone(
    beside: Beside, strength_gate: Gate
) -> None:
    verdict = judged(beside, strength_gate, "order_status")
    assert verdict.accepted
    assert verdict.caught is None
