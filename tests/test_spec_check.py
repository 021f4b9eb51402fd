"""A spec that contradicts itself is told before anything is built from it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from architect.gate.records import record_classes
from architect.gate.verdict import Finding
from architect.spec_check import WARNING, check_spec, errors
from core.spec_graph import graph, load_graph
from core.spec_text import parse_spec

RECORDS = {
    "fill": """
name: fill
kind: record
intent: One fill.
fields:
  price: {type: Decimal, meaning: price}
  side: {type: 'Literal["buy", "sell"]', meaning: side}
requires: [price > 0]
""",
    "order_status": """
name: order_status
kind: record
intent: What is known of an order.
fields:
  client_id: {type: str, meaning: id}
""",
}

FUNCTION = """
name: subject
kind: function
intent: The mean of two prices.
params:
  a: {type: float, meaning: one}
  b: {type: float, meaning: other, default: 2}
returns: {type: float, meaning: the mean}
requires: [a > 0, b > 0]
ensures: ["result >= min(a, b)", finite(result)]
on_failure: "0.0"
examples:
  - {name: one, given: {a: 1}, expect: 1.5}
  - {name: two, given: {a: 3, b: 5}, expect: 4}
  - {name: three, given: {a: 0}, raises: RequiresError}
  - {name: four, given: {a: 4}, expect: 3, held_back: true}
  - {name: five, given: {a: 5}, expect: 3.5, held_back: true}
  - {name: six, given: {a: 6}, expect: 4, held_back: true}
properties:
  - {name: symmetric, check: "call(a=b, b=a) == result"}
  - {name: middle, check: "abs(result - a) <= abs(b - a)"}
"""

ACTION = """
name: subject
kind: action
intent: Cancel one order.
params:
  client_id: {type: str, meaning: id}
ports: {exchange: Exchange}
returns: {type: bool, meaning: whether it was there}
examples:
  - name: there
    given: {client_id: x}
    ports: {exchange: [{method: cancel, args: {client_id: x}, returns: {client_id: x}}]}
    expect: true
  - name: gone
    held_back: true
    given: {client_id: x}
    ports: {exchange: [{method: cancel, args: {client_id: x}, returns: null}]}
    expect: false
"""


def findings(text: str) -> list[Finding]:
    specs = {name: parse_spec(record) for name, record in RECORDS.items()}
    spec = parse_spec(text)
    specs[spec.name] = spec
    whole = graph(specs)
    return check_spec(spec, whole, record_classes(whole))


def test_a_sound_function_has_no_findings() -> None:
    assert findings(FUNCTION) == []


def test_a_sound_action_is_only_warned_of_few_examples() -> None:
    found = findings(ACTION)
    assert errors(found) == []
    assert [finding.stage for finding in found] == [WARNING, WARNING]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("given: {a: 1}, expect: 1.5", "given: {a: x}, expect: 1.5", "example one: a: 'x'"),
        ("given: {a: 1}, expect: 1.5", "given: {a: 1}, expect: x", "example one: expect:"),
        ("given: {a: 1}, expect", "given: {a: -1}, expect", "example one: breaks requires: a > 0"),
        ("expect: 1.5", "expect: 0.5", "contradicts ensures: result >= min(a, b)"),
        ("{a: 3, b: 5}, expect: 4}", "{a: 3, b: 5}, expect: 9}", "contradicts property 'middle'"),
        ("{a: 0}, raises", "{a: 1, b: 9}, raises", "every requires holds"),
        ("raises: RequiresError", "raises: RequireError", "no error 'RequireError'"),
        ("{a: 6}, expect: 4", "{a: 5}, expect: 4", "example six contradicts example five"),
        ("{a: 6}, expect: 4", "{a: 5, b: 2}, expect: 3.5", "six is the same as example five"),
        ('on_failure: "0.0"', 'on_failure: "0"', "on_failure: 0 is int"),
        ('on_failure: "0.0"', 'on_failure: "a / 0"', "raises ZeroDivisionError"),
        ('on_failure: "0.0"', 'on_failure: "c"', "name 'c' is not known"),
        ("[a > 0, b > 0]", "[a > 0, result > 0]", "name 'result' is not known"),
        ("finite(result)", "finit(result)", "name 'finit' is not known"),
        ("finite(result)", "open(result)", "'open' may not be used"),
        ("finite(result)", "math.isfinite(result)", "name 'math' is not known"),
        ("abs(result - a)", "abs(result - c)", "name 'c' is not known"),
        (", default: 2}", ", default: x}", "b: default:"),
        ("meaning: one}", "meaning: one, range: [2, 1]}", "holds nothing"),
        ("meaning: one}", "meaning: one, size: [1, 2]}", "size does not fit"),
        ("meaning: one}", "meaning: one, choices: [1, y]}", "choice 'y'"),
        (", held_back: true", "", "no held-back example"),
        ("kind: function", "kind: indicator", "an indicator returns a Series"),
        ("name: subject", "name: sum", "the name 'sum' is taken"),
        ("params:\n", "imports: [math]\nparams:\n  math: {type: int, meaning: m, default: 1}\n",
         "'math' cannot name an input"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_function_is_told(old: str, new: str, told: str) -> None:
    changed = FUNCTION.replace(old, new)
    assert changed != FUNCTION
    found = errors(findings(changed))
    assert any(told in finding.message for finding in found), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "{exchange: Exchange}",
            "{exchange: Exchanges}",
            "there is no port 'Exchanges'",
        ),
        ("method: cancel", "method: cancle", "no such method"),
        ("args: {client_id: x}", "args: {client: x}", "no argument 'client'"),
        ("args: {client_id: x}", "args: {client_id: 1}", "1 is not a str"),
        ("returns: null", "returns: 3", "3 is not a OrderStatus | None"),
        ("returns: null", "raises: OutcomeUnknow", "there is no error 'OutcomeUnknow'"),
    ],
)
def test_what_is_wrong_with_a_scripted_port_is_told(
    old: str, new: str, told: str
) -> None:
    changed = ACTION.replace(old, new)
    assert changed != ACTION
    found = errors(findings(changed))
    assert any(told in finding.message for finding in found), found


def test_a_claim_that_calls_a_module_is_left_to_the_gate() -> None:
    assert findings(FUNCTION.replace("abs(result - a)", "call(a=a)")) == []


def test_a_property_says_nothing_outside_of_its_domain() -> None:
    wrong = '{name: small, check: "result < 1", given: {a: {range: [100, 200]}}}'
    assert (
        findings(FUNCTION.replace("properties:\n", f"properties:\n  - {wrong}\n")) == []
    )


def test_a_record_field_may_not_be_named_like_a_door() -> None:
    text = RECORDS["fill"].replace(
        "  side:", "  format: {type: str, meaning: m}\n  side:"
    )
    found = findings(text)
    assert ["format" in finding.message for finding in found] == [True]


def test_a_record_that_breaks_its_requires_is_told() -> None:
    data = yaml.safe_load(FUNCTION)
    data["params"]["fill"] = {"type": "Fill", "meaning": "m"}
    for example in data["examples"]:
        example["given"]["fill"] = {"price": 0, "side": "buy"}
    found = errors(findings(yaml.safe_dump(data)))
    assert all("Fill requires price > 0" in finding.message for finding in found)
    assert len(found) == len(data["examples"])


SPECS = Path(__file__).parent.parent / "specs" / "trading"


def test_every_shipped_spec_agrees_with_itself() -> None:
    whole = load_graph(SPECS)
    records = record_classes(whole)
    found = {spec.name: errors(check_spec(spec, whole, records)) for spec in whole}
    assert {name: some for name, some in found.items() if some} == {}
