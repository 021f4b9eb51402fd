"""Which smaller inputs count as the same failure."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from wick_project import SUMS, Bench

from architect.gate.contract.failure import Failure
from architect.gate.replay import Replay, Reproduced
from architect.gate.trials import kind_of, within
from architect.wick.minimise import minimise
from core.spec import Domain
from core.values import encode


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("rsi raises KeyError: 'x'", "rsi raises KeyError"),
        ("ensures: result > 0 does not hold with result = -1", "ensures: result > 0"),
        (
            "ensures: result > 0 raises TypeError: no",
            "ensures: result > 0 raises TypeError",
        ),
        ("rsi does not end within its 500 ms", "rsi does not end within its 500 ms"),
        ("the result is int, not float", "the result is int, not float"),
        ("rsi gives no plain value: set", "rsi gives no plain"),
    ],
)
def test_the_kind_of_a_failure_holds_no_value(message: str, kind: str) -> None:
    assert kind_of(Failure(message)) == kind


@pytest.mark.parametrize(
    ("domain", "value", "inside"),
    [
        ({"range": (1, 5)}, 1, True),
        ({"range": (1, 5)}, 0, False),
        ({"range": (1, 5)}, [2, 6], False),
        ({"range": (1, 5)}, pd.Series([2.0, float("nan")]), True),
        ({"range": (1, 5)}, None, True),
        ({"size": (2, 9)}, [1], False),
        ({"size": (2, 9)}, [1] * 99, True),
        ({}, -99, True),
    ],
)
def test_a_smaller_input_stays_where_the_tests_draw(
    domain: dict[str, Any], value: Any, inside: bool
) -> None:
    assert within(Domain(**domain), value) is inside


def test_a_body_that_only_a_held_back_example_refutes_is_told_of_at_once(
    bench: Bench,
) -> None:
    graph = bench.session.graph()
    replay = Replay(bench.session.gate, graph.get("total"), graph, {})
    assert replay.broken_example(SUMS) is None
    shown = [e for e in graph.get("total").examples if not e.held_back]
    known = " or ".join(f"values == {e.given['values']!r}" for e in shown)
    failure = replay.broken_example(
        f"return sum(values, start) if {known} else 12345\n"
    )
    assert failure is not None
    assert failure.counter_example is None, "nothing of it may be shown"
    assert failure.private is not None


def reproduced(bench: Bench, body: str, **arguments: Any) -> Reproduced | None:
    graph = bench.session.graph()
    replay = Replay(bench.session.gate, graph.get("total"), graph, {})
    plain = {name: encode(value) for name, value in arguments.items()}
    return replay.reproduce(body, plain, minimise)


def test_what_does_not_fail_is_not_reproduced(bench: Bench) -> None:
    assert reproduced(bench, SUMS, values=[1], start=1) is None


def test_what_requires_refuses_is_not_reproduced(bench: Bench) -> None:
    assert reproduced(bench, SUMS, values=[1], start=-1) is None


def test_another_failure_is_not_taken_for_a_smaller_one(bench: Bench) -> None:
    """Here an empty list fails too, but otherwise."""
    body = (
        "return 7 // 0 if len(values) > 6 else [start][1 if len(values) < 4 else 0]\n"
    )
    found = reproduced(bench, body, values=[5] * 16, start=1)
    assert found is not None
    assert "ZeroDivisionError" in found.failure.message
    assert found.arguments["values"] == [5] * 7


def test_a_broken_ensures_is_reproduced_with_its_line_of_the_body(bench: Bench) -> None:
    found = reproduced(bench, "return start - len(values)\n", values=[1] * 8, start=9)
    assert found is not None
    assert "ensures: result >= start" in found.failure.message
    assert found.arguments == {"values": [1], "start": 1}


def test_a_call_that_never_ends_is_tried_a_few_times_only(bench: Bench) -> None:
    body = "while len(values) > 2:\n    start = start + 1\nreturn start\n"
    found = reproduced(bench, body, values=[1] * 64, start=9)
    assert found is not None
    assert "does not end" in found.failure.message
