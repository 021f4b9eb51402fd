"""What is drawn lies within the spec's domains, keeps its requires and shrinks well."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import yaml

from architect.gate.constants import claimed_constants, own_constants
from architect.gate.contract.failure import Failure
from architect.gate.contract.search import Search, sample
from architect.gate.expressions import evaluate, namespace
from architect.gate.records import record_classes
from architect.gate.strategies import Draw
from core.spec import Spec
from core.spec_graph import graph
from core.spec_text import parse_spec
from core.types import matches, parse

FILL = parse_spec("""
name: fill
kind: record
intent: A part of an order that was carried out.
fields:
  side: {type: 'Literal["buy", "sell"]', meaning: side}
  low: {type: Decimal, meaning: lowest price, range: [1, 100]}
  high: {type: Decimal, meaning: highest price, range: [1, 100]}
  note: {type: str | None, meaning: text}
requires: [low <= high]
""")
CLASSES = record_classes(graph({"fill": FILL}))
DRAW = Draw(CLASSES, {"Fill": FILL})


def _spec(requires: tuple[str, ...] = (), **params: dict[str, Any]) -> Spec:
    plain = {
        "name": "one",
        "kind": "function",
        "intent": "One.",
        "params": {n: {"meaning": "any", **param} for n, param in params.items()},
        "returns": {"type": "int", "meaning": "any"},
        "requires": list(requires),
        "examples": [{"given": dict.fromkeys(params), "raises": "ValueError"}],
    }
    return parse_spec(yaml.safe_dump(plain))


def _keeps(spec: Spec) -> Callable[[dict[str, Any]], bool]:
    scope = namespace(spec, CLASSES)
    return lambda given: all(evaluate(t, {**scope, **given}) for t in spec.requires)


def _drawn(spec: Spec, cases: int = 60, draw: Draw = DRAW) -> list[dict[str, Any]]:
    return sample(draw.arguments(spec, _keeps(spec)), cases, spec.name)


TYPES = [
    "bool", "int", "float", "str", "Decimal", "datetime", "None", "Any", "Fill",
    "list[int]", "set[str]", "dict[str, Decimal]", "tuple[int, str]", "list[Fill]",
    'Literal["a", 1]', "Fill | None", "Series", "Series[int]", "Series[bool]", "Frame",
    "list[Series]", "dict[str, list[tuple[int, float]]]",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPES)
def test_values_are_of_the_type_and_varied(text: str) -> None:
    values = [given["x"] for given in _drawn(_spec(x={"type": text}))]
    assert all(matches(parse(text), value) for value in values)
    simple = {"bool": 2, "None": 1, 'Literal["a", 1]': 2}
    assert len({repr(value) for value in values}) >= simple.get(text, 10)


@pytest.mark.parametrize("text", ["int", "float", "Decimal"])
def test_numbers_reach_the_ends_of_their_range_and_not_beyond(text: str) -> None:
    spec = _spec(x={"type": text, "range": [-3, 40]})
    values = [given["x"] for given in _drawn(spec, 200)]
    assert (min(values), max(values)) == (-3, 40)


def test_narrow_decimals_are_drawn() -> None:
    spec = _spec(x={"type": "Decimal", "range": [0.00011, 0.00019]})
    values = {given["x"] for given in _drawn(spec)}
    assert len(values) > 10
    assert all(Decimal("0.00011") <= value <= Decimal("0.00019") for value in values)


def test_series_of_one_call_have_one_length_within_their_sizes() -> None:
    spec = _spec(
        a={"type": "Series", "range": [5, 9], "size": [2, 30]},
        b={"type": "Series[bool]", "size": [0, 20]},
        c={"type": "Frame"},
    )
    lengths = set()
    for given in _drawn(spec, 100):
        (length,) = {len(value) for value in given.values()}
        lengths.add(length)
        assert given["a"].between(5, 9).all()
    assert min(lengths) == 2
    assert max(lengths) == 20
    assert len(lengths) > 8


def test_candles_are_coherent() -> None:
    names = ("close", "high", "low")
    spec = _spec(**{name: {"type": "Series", "range": [1, 100]} for name in names})
    for given in _drawn(spec):
        for row in zip(*(given[name] for name in names), strict=True):
            assert row[2] == min(row)
            assert row[1] == max(row)


def test_choices_are_of_the_value_or_of_its_items() -> None:
    spec = _spec(
        name={"type": "str", "choices": ["a", "b"]},
        names={"type": "list[str]", "choices": ["a", "b"]},
        whole={"type": "list[int]", "choices": [[1, 2], [3]]},
    )
    for given in _drawn(spec):
        assert given["name"] in ("a", "b")
        assert set(given["names"]) <= {"a", "b"}
        assert given["whole"] in ([1, 2], [3])


REQUIRES = [
    ("fast < slow", {"fast": {"type": "int"}, "slow": {"type": "int"}}),
    ("a <= b <= c", {n: {"type": "Decimal"} for n in "abc"}),
    ("len(a) == len(b)", {n: {"type": "list[int]"} for n in "ab"}),
    ("non_decreasing(x)", {"x": {"type": "list[int]", "size": [5, 8]}}),
    ("unique(x)", {"x": {"type": "list[int]", "range": [0, 9], "size": [0, 8]}}),
    ("(x > 0).all()", {"x": {"type": "Series", "range": [0, 10]}}),
    ("close_to(a, b + c)", {n: {"type": "Decimal"} for n in "abc"}),
]


@pytest.mark.parametrize(("text", "params"), REQUIRES)
def test_common_requires_leave_enough_to_draw(
    text: str, params: dict[str, Any]
) -> None:
    spec = _spec((text,), **params)
    given = _drawn(spec, 60)
    assert len(given) == 60
    assert all(map(_keeps(spec), given))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("close_to(a, b + c)", "Decimal"), ("a == b - c", "int")],
)
def test_what_others_add_up_to_is_computed(text: str, kind: str) -> None:
    params = {n: {"type": kind, "range": [0, 9]} for n in "abc"}
    spec = _spec((text,), **params)
    tried = 0

    def keep(given: dict[str, Any]) -> bool:
        nonlocal tried
        tried += 1
        return _keeps(spec)(given)

    drawn = sample(DRAW.arguments(spec, keep), 40, spec.name)
    assert all(0 <= given["a"] <= 9 for given in drawn)
    assert len({given["a"] for given in drawn}) > 5
    # Those that are left out add up to more than the range.
    assert tried < 4 * len(drawn)


def test_constants_of_claims_and_body_are_drawn() -> None:
    spec = _spec(("x != 123456",), x={"type": "int"}, s={"type": "str"})
    claims = Draw({}, {}, claimed_constants(spec))
    assert {123455, 123457} <= {given["x"] for given in _drawn(spec, 200, claims)}
    body = 'return 1 if s == "PF_XBTUSD" or x > 70_000 else 2'
    own = own_constants(body, claimed_constants(spec))
    given = _drawn(spec, 60, Draw({}, {}, own, only=True))
    assert {69999, 70000, 70001} <= {one["x"] for one in given}
    assert "PF_XBTUSD" in {one["s"] for one in given}


SMALLEST = [
    ("list[int]", lambda x: sum(x) >= 10, [10]),
    ("list[Fill]", lambda x: len(x) > 1, None),
    ("Decimal", lambda x: x > Decimal("7.5"), Decimal(8)),
    ("str", lambda x: len(x) > 2, "aaa"),
    ("Series", lambda x: len(x) > 3, [0.0] * 4),
    ("Series", lambda x: len(x) > 2 and x.iloc[-1] > x.iloc[0], [0.0, 0.0, 1.0]),
]


@pytest.mark.parametrize(("text", "breaks", "smallest"), SMALLEST)
def test_found_inputs_shrink(
    text: str, breaks: Callable[[Any], bool], smallest: Any
) -> None:
    found: list[Any] = []

    def fails(given: dict[str, Any]) -> Failure | None:
        if not breaks(given["x"]):
            return None
        found[:] = [given["x"]]
        return Failure("found")

    spec = _spec(x={"type": text})
    assert Search(DRAW.arguments(spec, lambda given: True), fails, "s").smallest(100)
    value = found[0].tolist() if hasattr(found[0], "tolist") else found[0]
    if smallest is None:
        assert len(value) == 2
    else:
        assert value == smallest
