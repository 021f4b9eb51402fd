"""A verdict can be read by a person and a program, and pasted into a spec."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pandas as pd
import yaml

from architect.gate.verdict import UNKNOWN, CounterExample, Finding, Verdict
from core import plain_data, types
from core.spec import Example

SHOWN = CounterExample(
    given={"prices": pd.Series([1.0, math.nan]), "size": Decimal("0.10"), "on": True},
    expected=Decimal("2.50"),
    got=math.inf,
    why="result: expected 2.50,\ngot inf",
    ports={"clock": [{"method": "now_ms", "returns": 3}]},
)


def test_a_counter_example_pastes_into_a_spec() -> None:
    (item,) = yaml.safe_load("examples:\n" + SHOWN.as_yaml())["examples"]
    example = Example.model_validate(item)
    assert plain_data.load(
        types.parse("Series"), example.given["prices"], {}
    ).isna().tolist() == [
        False,
        True,
    ]
    assert plain_data.load(
        types.parse("Decimal"), example.given["size"], {}
    ) == Decimal("0.10")
    assert example.expect == "2.50"
    assert example.ports["clock"][0].returns == 3


def test_an_expected_error_and_an_unknown_value_are_told_apart() -> None:
    raised = CounterExample({"a": 1}, UNKNOWN, 2, "no error", raises="RequiresError")
    assert Example.model_validate(raised.as_example()).raises == "RequiresError"
    unknown = CounterExample({"a": 1}, UNKNOWN, 2, "property p")
    assert "expect" not in unknown.as_example()
    assert "# expect" in unknown.as_yaml()
    assert CounterExample({"a": 1}, None, 2, "w").as_example()["expect"] is None


def test_a_verdict_reads_as_text_and_as_json() -> None:
    finding = Finding("structure", "name 'x' is not known", 3, "write y")
    verdict = Verdict(False, "structure", (finding,), SHOWN, 7, 12.3456, (finding,))
    text = verdict.as_text()
    assert text.startswith("refused at structure, 7 checks, 12 ms\n")
    assert "line 3: name 'x' is not known\n  hint: write y" in text
    assert "warning: structure" in text
    plain = json.loads(verdict.as_json(), parse_constant=lambda _: 1 / 0)
    assert plain["findings"] == [vars(finding)]
    assert plain["counter_example"]["got"] == "inf"
    assert plain["duration_ms"] == 12.346
    assert Verdict(True, "contract").as_text() == "accepted, 0 checks, 0 ms"
