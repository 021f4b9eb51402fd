"""What a spec's tests catch, measured in the sandbox."""

from __future__ import annotations

import pytest
import yaml
from strength_specs import BODIES, GRAPH, MODULES, TEXTS, Measure

from architect.gate.gate import Gate
from architect.strength import report
from architect.strength.strength import measure
from core.errors import GateError
from core.spec import Example
from core.spec_graph import graph
from core.spec_text import parse_spec
from core.template_footer import render_module


def test_a_deliberately_weak_spec_is_found_out(measured: Measure) -> None:
    found = measured("weak_fee")
    assert not found.caught.enough
    assert found.survivors
    assert found.caught.differing == found.caught.killed + len(found.survivors)


def test_each_survivor_is_shown_with_an_input_on_which_it_differs(
    measured: Measure,
) -> None:
    found = measured("weak_fee")
    diffs = {one.diff(GRAPH.get("weak_fee"), found.accepted) for one in found.survivors}
    assert "- return size * price + 1\n+ return size + price + 1" in diffs
    for one in found.survivors:
        example = Example.model_validate(one.as_example())
        assert example.held_back
        given = example.given
        assert example.expect == given["size"] * given["price"] + 1
        assert one.example is not None
        assert one.example.got != example.expect


def test_the_examples_shown_make_the_spec_strong_when_pasted(
    measured: Measure, strength_gate: Gate
) -> None:
    spec = yaml.safe_load(TEXTS["weak_fee"])
    spec["examples"] += [one.as_example() for one in measured("weak_fee").survivors]
    better = parse_spec(yaml.safe_dump(spec), "weak_fee")
    specs = graph({"weak_fee": better})
    found = measure(strength_gate, better, specs, BODIES["weak_fee"], MODULES)
    assert found.caught.share == 1


@pytest.mark.parametrize("name", ["strong_fee", "larger"])
def test_a_strong_spec_catches_all_that_differ(name: str, measured: Measure) -> None:
    found = measured(name)
    assert found.caught.share == 1
    assert found.caught.differing >= 5
    assert not found.survivors


def test_what_never_differs_is_not_in_the_share(measured: Measure) -> None:
    """`a >= b` gives the same as `a > b` here: no test could tell them apart."""
    found = measured("larger")
    diffs = [one.diff(GRAPH.get("larger"), found.accepted) for one in found.equivalent]
    assert "- return a if a > b else b\n+ return a if a >= b else b" in diffs
    assert found.caught.killed == found.caught.differing


def test_mutants_that_never_end_are_caught_and_the_rest_is_still_tried(
    measured: Measure,
) -> None:
    found = measured("steps_down")
    assert found.caught.killed >= 8
    assert found.caught.share == 1


def test_a_mutant_that_changes_its_input_differs_by_that(measured: Measure) -> None:
    found = measured("with_last")
    assert found.caught.share == 1
    kinds = {one.kind for one in (*found.survivors, *found.equivalent)}
    assert "call dropped" not in kinds


def test_what_ports_never_answered_is_answered_to_tell_mutants_apart(
    measured: Measure,
) -> None:
    found, spec = measured("cancel_it"), GRAPH.get("cancel_it")
    assert not found.caught.enough
    by_diff = {one.diff(spec, found.accepted): one for one in found.survivors}
    forgotten = by_diff["-     exchange.cancel(client_id)\n+     pass"]
    example = Example.model_validate(forgotten.as_example())
    order, cancel = example.ports["exchange"]
    assert order.returns is not None
    assert (cancel.method, cancel.args) == ("cancel", dict(example.given))
    assert example.expect is True


def test_the_same_is_found_every_time(measured: Measure, strength_gate: Gate) -> None:
    before = measured("weak_fee")
    spec = GRAPH.get("weak_fee")
    after = measure(strength_gate, spec, GRAPH, BODIES["weak_fee"], MODULES)
    assert report.as_plain(after, spec) | {"seconds": 0} == (
        report.as_plain(before, spec) | {"seconds": 0}
    )


def test_a_body_that_fails_its_own_spec_is_not_measured(strength_gate: Gate) -> None:
    spec, body = GRAPH.get("strong_fee"), "return size\n"
    modules = {"strong_fee": render_module(spec, body)}
    with pytest.raises(GateError, match="its accepted body fails today's spec"):
        measure(strength_gate, spec, GRAPH, body, modules)


def test_the_report_says_what_is_missing(measured: Measure) -> None:
    found, spec = measured("weak_fee"), GRAPH.get("weak_fee")
    assert "0.95 are asked for" in report.headline(found)
    text = report.survivors_text(found, spec, 2)
    assert text.count("held_back: true") == 2
    assert text.endswith("more: architect strength weak_fee")
    plain = report.as_plain(found, spec)
    assert plain["killed"] + len(plain["survivors"]) == plain["differing"]
