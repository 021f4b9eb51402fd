"""The whole corpus against the gate, with all layers and with layers off: none accepted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import machine_state
import pytest
from corpus import (
    ALONE,
    BEYOND,
    OUTSIDE,
    ROWS,
    WORN,
    WithoutStructure,
    held_live,
    judged,
    run_alone,
)
from hostile_case import Hostile
from known_answers import ANSWERS, modules_for, spec_for

from architect.gate.gate import Gate
from architect.gate.verdict import Verdict

Gates = tuple[Gate, WithoutStructure]
pytestmark = pytest.mark.slow
STAGES = {"structure": ("structure", "format"), "coverage": ("coverage",)}
# Structure alone can hold these: while they are tried they are right.
HELD_BY_FORM = [row for row in ROWS if row.then is None]


@pytest.fixture(scope="module")
def seen(gates: Gates) -> dict[str, Any]:
    """What was there when it was last looked at: what one row leaves fails no other."""
    return _left(gates)


@pytest.fixture(autouse=True)
def nothing_left(gates: Gates, seen: dict[str, Any]) -> Iterator[None]:
    """After each row: no file, no process, and this process is as it was."""
    before = machine_state.trusted()
    yield
    assert machine_state.changed(before, machine_state.trusted()) == []
    known = dict(seen)
    seen.update(_left(gates))
    assert seen == known


def _left(gates: Gates) -> dict[str, Any]:
    sandboxes = (gates[0].sandbox, gates[0].elsewhere)
    return {
        "files": machine_state.files(),
        "project": machine_state.project(),
        "processes": [machine_state.processes(sandbox.zygote) for sandbox in sandboxes],
    }


def _refused(verdict: Verdict) -> None:
    assert not verdict.accepted, verdict.as_text()
    assert verdict.findings
    for text in (verdict.as_text(), verdict.as_json()):
        assert len(text.encode()) < 100_000
        assert all(c.isprintable() or c == "\n" for c in text)


def test_nothing_was_left_before_the_first_row(seen: dict[str, Any]) -> None:
    assert seen["processes"] == [set(), set()]


@pytest.mark.parametrize("signature", ANSWERS)
def test_the_right_body_is_accepted(gates: Gates, signature: str) -> None:
    row = Hostile("honest", signature, ANSWERS[signature][2], signature)
    for gate in gates:
        verdict = judged(gate, row)
        assert verdict.accepted, verdict.as_text()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_with_all_layers_it_is_refused_by_the_layer_that_must(
    gates: Gates, row: Hostile
) -> None:
    verdict = judged(gates[0], row)
    _refused(verdict)
    assert verdict.stage in STAGES.get(row.layer, ("contract",)), verdict.as_text()


@pytest.mark.parametrize("row", [row for row in ROWS if row.then], ids=str)
def test_without_structure_it_is_refused_all_the_same(
    gates: Gates, row: Hostile
) -> None:
    _refused(judged(gates[1], row))


@pytest.mark.parametrize("row", HELD_BY_FORM, ids=str)
def test_what_form_alone_can_tell_is_said_to_be_so(gates: Gates, row: Hostile) -> None:
    assert judged(gates[1], row).accepted


@pytest.mark.parametrize(
    ("row", "layer"), ALONE, ids=[f"{row}, {layer}" for row, layer in ALONE]
)
def test_one_layer_of_the_sandbox_holds_alone(
    gates: Gates, row: Hostile, layer: str
) -> None:
    if layer == "uid" and os.geteuid() != 0 and row.name == "priority":
        pytest.skip("a normal user may not raise a priority anyway")
    outcome = run_alone(gates[0].sandbox, row, WORN.get(layer, (layer,)))
    assert outcome.status in ("raised", "died"), outcome
    if outcome.raised is not None:
        wrong = ("NameError", "AttributeError", "SyntaxError", "TypeError")
        assert outcome.raised.type not in wrong, outcome


@pytest.mark.parametrize("row", BEYOND, ids=str)
def test_what_parts_from_the_spec_outside_its_range_meets_the_wrapper(
    gates: Gates, row: Hostile
) -> None:
    """In the range it is right, so the gate says yes; outside it a contract refuses."""
    sandbox = gates[0].sandbox
    assert judged(gates[0], row).accepted
    assert held_live(sandbox, row).value != OUTSIDE * 2
    refused = held_live(sandbox, row, requires=["0 <= x <= 100"])
    assert str(refused.raised).startswith("RequiresError")
    refused = held_live(sandbox, row, ensures=["result == x * 2"])
    assert str(refused.raised).startswith("EnsuresError")


def test_the_corpus_is_large_and_no_row_stands_twice() -> None:
    assert len(ROWS) >= 250
    assert len({(row.family, row.name) for row in ROWS}) == len(ROWS)
    assert max(Counter((r.body, r.signature, r.imports) for r in ROWS).values()) == 1
    assert {row.layer for row in ROWS} == {
        "structure", "limits", "contract", "coverage"
    }  # fmt: skip


def test_every_spec_is_built_from_modules_that_exist() -> None:
    for row in ROWS:
        spec, graph = spec_for(row)
        assert set(modules_for(row)) == {n for n in spec.uses if n in graph.specs}
