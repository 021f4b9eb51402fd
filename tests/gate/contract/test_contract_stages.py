"""What stands around the drawn checks: held-back examples, dependents, regressions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from small_specs import BODIES, GRAPH, modules

from architect.gate.contract.regressions import Regression
from architect.gate.gate import Gate
from architect.gate.verdict import UNKNOWN, Verdict
from core.errors import GateError, SpecError
from core.spec import PortCall
from core.spec_graph import graph
from core.spec_text import parse_spec
from core.values import encode

Judge = Callable[..., Verdict]


def test_held_back_failure_shows_nothing_of_it(judge: Judge) -> None:
    """Wrong on the held-back names alone, and no claim can show it."""
    body = (
        "names = [n for n in scores if n not in before]\n"
        "best = sorted(names, key=lambda n: (-scores[n], n))[:count]\n"
        'return best[::-1] if "q" in before else best\n'
    )
    verdict = judge("top_names", body)
    assert not verdict.accepted
    assert verdict.counter_example is None
    assert verdict.private is not None
    assert verdict.private.expected == ["o", "p"]
    shown = verdict.as_text() + verdict.as_json()
    for secret in ("before", "'q'", "'o'", "scores"):
        assert secret not in shown


def test_rare_slip_is_found_by_the_constants_of_the_body(judge: Judge) -> None:
    body = "return max(low, min(value, high)) if high != 70 else 70"
    verdict = judge("clamp", body)
    assert not verdict.accepted
    assert verdict.counter_example is not None
    assert verdict.counter_example.given["high"] == 70


def test_held_back_failure_is_shown_by_a_drawn_input(judge: Judge) -> None:
    """A slip that only the held-back example meets; looking harder finds another."""
    body = "return max(low, min(value, high)) if high - low != 140 else low"
    verdict = judge("clamp", body)
    assert not verdict.accepted
    assert verdict.private is not None
    assert verdict.private.given == {"value": 77, "low": -70, "high": 70}
    assert verdict.counter_example is not None
    assert verdict.counter_example.given != verdict.private.given
    assert "77" not in verdict.as_text()


def test_smallest_counter_example_is_found(judge: Judge) -> None:
    verdict = judge("clamp", "return high if value > 4 else low")
    assert verdict.counter_example is not None
    given = verdict.counter_example.given
    assert verdict.counter_example.expected is UNKNOWN
    assert max(map(abs, given.values())) <= 5


def test_broken_ensures_shows_the_result(judge: Judge) -> None:
    verdict = judge("clamp", "return min(value, high)")
    assert verdict.counter_example is not None
    assert isinstance(verdict.counter_example.got, int)
    assert verdict.findings[0].message.startswith("ensures: low <= result <= high")


def test_error_tells_its_line_in_the_body(judge: Judge) -> None:
    verdict = judge("clamp", "half = 1\nreturn 1 // (half - 1)")
    assert verdict.findings[0].line == 2
    assert "ZeroDivisionError" in verdict.findings[0].message


def test_state_between_calls_is_refused(gate: Gate) -> None:
    """A mutable default keeps what the call before left there."""
    spec = parse_spec(
        "name: seen_before\nkind: function\nintent: How many names.\n"
        "params:\n"
        "  name: {type: str, meaning: one name}\n"
        '  known: {type: "list[str]", meaning: others, default: []}\n'
        "returns: {type: int, meaning: count}\n"
        "examples:\n"
        "  - {given: {name: a}, expect: 1}\n"
        "  - {given: {name: b, known: [x]}, expect: 2, held_back: true}\n"
    )
    body = "known.append(name)\nreturn len(known)"
    verdict = gate.judge(spec, graph({"seen_before": spec}), body, {})
    assert not verdict.accepted
    assert "not repeatable" in verdict.as_text() or "changes" in verdict.as_text()


def test_dependents_must_still_hold(judge: Judge, gate: Gate) -> None:
    """Right by its own weak spec, wrong for what uses it."""
    loose = GRAPH.get("fee").model_copy(
        update={"properties": [], "examples": GRAPH.get("fee").examples[1:]}
    )
    graph_ = graph({**GRAPH.specs, "fee": loose})
    body = "return notional * rate_frac + (notional == 3)"
    alone = gate.judge(loose, graph_, body, {})
    assert alone.accepted, alone.as_text()
    verdict = gate.judge(loose, graph_, body, modules("round_trip"))
    assert not verdict.accepted
    assert verdict.stage == "dependents"
    assert "round_trip, which uses fee, fails" in verdict.as_text()
    assert gate.judge(
        loose, graph_, body, modules("round_trip"), dependents=False
    ).accepted


def test_a_dependent_whose_own_spec_changed_is_not_held_to_it(gate: Gate) -> None:
    """What stands there is from the spec before; it is built next, on the new candidate."""
    changed = GRAPH.get("round_trip")
    requires = [*changed.requires, "notional >= 0"]
    changed = changed.model_copy(update={"requires": requires})
    graph_ = graph({**GRAPH.specs, "round_trip": changed})
    before = modules("round_trip")
    verdict = gate.judge(GRAPH.get("fee"), graph_, BODIES["fee"], before)
    assert verdict.accepted, verdict.as_text()
    assert verdict.left_out == ("round_trip",)
    assert gate.judge(GRAPH.get("fee"), GRAPH, BODIES["fee"], before).left_out == ()


def test_regression_must_not_come_back(judge: Judge) -> None:
    body = "return x / 2 if x != 777.125 else 1 / 0 * x"
    seen = Regression({"x": encode(777.125)})
    verdict = judge("halve", body, regressions=[seen])
    assert not verdict.accepted
    assert judge("halve", BODIES["halve"], regressions=[seen]).accepted


def test_regression_with_a_known_result_is_compared(judge: Judge) -> None:
    known = Regression({"notional": encode(Decimal(7))}, encode(Decimal("0.0035")))
    assert judge("fee", BODIES["fee"], regressions=[known]).accepted
    wrong = Regression({"notional": encode(Decimal(7))}, encode(Decimal("0.07")))
    verdict = judge("fee", BODIES["fee"], regressions=[wrong])
    assert verdict.stage == "regressions"
    assert "expected Decimal('0.07')" in verdict.as_text()


def test_regression_that_requires_refuse_is_refused_again(judge: Judge) -> None:
    given = {"value": 1, "low": 5, "high": 0}
    assert judge("clamp", BODIES["clamp"], regressions=[Regression(given)]).accepted


def test_missing_used_module_is_no_rejection(judge: Judge) -> None:
    with pytest.raises(GateError, match="needs fee"):
        judge("round_trip", BODIES["round_trip"])


def test_spec_that_leaves_nothing_to_draw_is_no_rejection(gate: Gate) -> None:
    spec = GRAPH.get("clamp").model_copy(update={"requires": ["value > 10**9"]})
    spec = spec.model_copy(update={"examples": []})
    with pytest.raises(SpecError, match="no drawn input"):
        gate.judge(spec, GRAPH, BODIES["clamp"], {})


def test_record_is_accepted_as_rendered_only(gate: Gate) -> None:
    spec = GRAPH.get("order_status")
    assert gate.judge(spec, GRAPH, "", {}).accepted
    assert not gate.judge(spec, GRAPH, "class OrderStatus: pass", {}).accepted


def lost(**values: object) -> dict[str, object]:
    """Return a record that a spec had once, in plain form."""
    return {"$": "record", "name": "OrderStatus", "v": values}


GONE = {
    "of another type": {"notional": "7"},
    "a record without a field": {"notional": lost(status="open", size=1)},
    "a record with a field more": {"notional": lost()},
    "no value": {},
}


@pytest.mark.parametrize("given", GONE.values(), ids=GONE)
def test_regression_that_can_no_longer_be_given_says_nothing(
    judge: Judge, given: dict[str, object]
) -> None:
    seen = [Regression(given), Regression({"notional": encode(Decimal(7))})]
    verdict = judge("fee", BODIES["fee"], regressions=seen)
    assert verdict.accepted, verdict.as_text()
    wrong = "return notional * rate_frac / (notional != 7)"
    assert judge("fee", wrong, regressions=seen).stage == "contract"


def test_regression_that_can_no_longer_be_given_counts_as_no_test(judge: Judge) -> None:
    far = "return x / 2 if x < 1e30 else 0.0"
    known = [Regression({"x": encode(1e31)}), Regression({"x": 10**31})]
    assert judge("halve", far, regressions=known[:1]).accepted
    verdict = judge("halve", far, regressions=known[1:])
    assert verdict.stage == "coverage", verdict.as_text()


@pytest.mark.parametrize("other", ["method", "answer", "expected"])
def test_regression_whose_ports_or_result_are_others_by_now_says_nothing(
    judge: Judge, other: str
) -> None:
    call = PortCall(method="order", returns={"status": "open"})
    if other == "method":
        call = PortCall(method="ask", returns={"status": "open"})
    if other == "answer":
        call = PortCall(method="order", returns={"state": "open"})
    quote = {"$": "record", "name": "Quote", "v": {"bid": 1}}
    expected = quote if other == "expected" else encode("open")
    seen = Regression({"client_id": "a-1"}, expected, {"exchange": [call]})
    verdict = judge("send_once", BODIES["send_once"], regressions=[seen])
    assert verdict.accepted, verdict.as_text()
