"""The vocabulary of types: read, written, loaded, dumped and checked exactly."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from core.errors import SpecError
from core.plain_data import dump, load
from core.records import record
from core.types import annotation, is_record, matches, parse
from core.values import difference


@record(requires=["size > 0"])
class Fill:
    """A fill."""

    symbol: str
    size: Decimal
    side: Literal["buy", "sell"] = "buy"


RECORDS = {"Fill": Fill}
TYPES = [
    "bool",
    "Decimal | None",
    "list[Fill]",
    "dict[str, list[int]]",
    "tuple[int, str, float]",
    "set[str]",
    'Literal["buy", "sell"]',
    "Literal['say \"no\"', 1, True, None]",
    "Series[bool]",
    "Series[float]",
    "Frame",
    "Any",
]


@pytest.mark.parametrize("text", TYPES)
def test_a_type_written_out_is_read_as_the_same_type(text: str) -> None:
    assert parse(str(parse(text))) == parse(text)


def test_a_bare_series_is_one_of_floats() -> None:
    assert parse("Series") == parse("Series[float]")


@pytest.mark.parametrize(
    "text",
    [
        "list",
        "list[int, str]",
        "dict[str]",
        "tuple[()]",
        "tuple[int, ...]",
        "Series[str]",
        "Literal[x]",
        "Literal[-1]",
        "complex",
        "int or str",
        "list[int",
        "",
        "x\0",
        "numpy.ndarray",
        "Callable[[int], str]",
    ],
)
def test_what_is_not_in_the_vocabulary_is_an_error_with_the_text(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert repr(text) in str(caught.value)


def test_a_record_is_told_from_the_types_of_the_vocabulary() -> None:
    names = [node.name for node in parse("list[Fill | None]").walk() if is_record(node)]
    assert names == ["Fill"]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Series[bool]", "pd.Series"),
        ("Frame | None", "pd.DataFrame | None"),
        ("list[Series]", "list[pd.Series]"),
        ('Literal["a"]', 'Literal["a"]'),
    ],
)
def test_the_annotation_is_python(text: str, source: str) -> None:
    assert annotation(parse(text)) == source


ROUND_TRIPS: list[tuple[str, Any]] = [
    ("bool", True),
    ("int", 7),
    ("float", 0.1),
    ("float", math.nan),
    ("float", -math.inf),
    ("list[float]", [1.0, math.nan]),
    ("str", "é\n"),
    ("Decimal", Decimal("1.10")),
    ("Decimal", Decimal("NaN")),
    ("datetime", datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)),
    ("None", None),
    ("int | None", None),
    ("list[Decimal]", [Decimal(1), Decimal("0.00")]),
    ("tuple[int, str]", (1, "a")),
    ("set[str]", {"a", "b"}),
    ("dict[str, Fill]", {"x": Fill(symbol="a", size=Decimal(2))}),
    ("Series", pd.Series([1.0, math.nan, math.inf])),
    ("Series", pd.Series([math.nan] * 20)),
    ("Series[int]", pd.Series([3] * 12, dtype="int64")),
    ("Series[bool]", pd.Series([True, False])),
    ("Series", pd.Series([], dtype="float64")),
    ("Frame", pd.DataFrame({"time_ms": [1, 2], "close": [1.0, 2.5]})),
]


@pytest.mark.parametrize(("text", "value"), ROUND_TRIPS)
def test_a_value_dumped_is_loaded_as_it_was(text: str, value: Any) -> None:
    kind = parse(text)
    assert matches(kind, value)
    back = load(kind, dump(value), RECORDS)
    assert matches(kind, back)
    assert difference(value, back) is None


LOADED: list[tuple[str, Any, Any]] = [
    ("Decimal", 0.1, Decimal("0.1")),
    ("Decimal", "1.50", Decimal("1.50")),
    ("float", 1, 1.0),
    ("float", "1e-3", 0.001),
    ("datetime", 1_700_000_000_000, datetime.fromtimestamp(1_700_000_000, UTC)),
    ("datetime", "2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("datetime", "2026-01-02T05:04+02:00", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
    ("datetime", datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)),
    ("Series", [1, None], pd.Series([1.0, math.nan])),
    ("Series", {"repeat": 2, "times": 3}, pd.Series([2.0, 2.0, 2.0])),
    ("Series[int]", {"start": 1, "step": 2, "times": 3}, pd.Series([1, 3, 5])),
    ("str | int", 3, 3),
    ("Literal[1, 2]", 2, 2),
]


@pytest.mark.parametrize(("text", "plain", "value"), LOADED)
def test_plain_data_is_loaded_under_its_type(text: str, plain: Any, value: Any) -> None:
    assert difference(value, load(parse(text), plain, RECORDS)) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("bool", 1),
        ("int", True),
        ("int", 1.0),
        ("float", True),
        ("float", "much"),
        ("float", 10**400),
        ("Decimal", True),
        ("Decimal", "1,5"),
        ("str", 1),
        ("datetime", "yesterday"),
        ("datetime", 10**30),
        ("list[int]", (1,)),
        ("list[int]", [1, "a"]),
        ("set[list[int]]", [[1]]),
        ("dict[list[int], int]", [[1], 2]),
        ("tuple[int, int]", [1]),
        ("Literal[1, 2]", True),
        ("Literal[1, 2]", 3),
        ("int | None", "x"),
        ("Series", 3),
        ("Series", {"repeat": 1, "times": "x"}),
        ("Series", {"start": "a", "step": 1, "times": 2}),
        ("Series[int]", [2**70]),
        ("Series[bool]", [1]),
        ("Frame", [1]),
        ("Frame", {"a": [1], "b": [1, 2]}),
        ("Fill", [1]),
    ],
)
def test_plain_data_that_does_not_fit_is_named(text: str, plain: Any) -> None:
    with pytest.raises(SpecError, match="is not a"):
        load(parse(text), plain, RECORDS)


def test_a_record_says_what_it_has_when_a_field_is_unknown_or_missing() -> None:
    with pytest.raises(SpecError, match=r"Fill has no field 'colour'.*symbol"):
        load(parse("Fill"), {"symbol": "a", "size": 1, "colour": "red"}, RECORDS)
    with pytest.raises(SpecError, match="size"):
        load(parse("Fill"), {"symbol": "a"}, RECORDS)
    with pytest.raises(SpecError, match="record 'Order' is not known"):
        load(parse("Order"), {}, RECORDS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int", True),
        ("float", 1),
        ("bool", np.True_),
        ("float", np.float64(1)),
        ("int", np.int64(1)),
        ("datetime", pd.Timestamp(0)),
        ("str", np.str_("a")),
        ("Literal[1]", True),
        ("Literal[True]", 1),
        ("list[int]", [True]),
        ("tuple[int, int]", (1, 2, 3)),
        ("dict[str, int]", {1: 1}),
        ("set[int]", frozenset({1})),
        ("Series", pd.Series([1])),
        ("Series[bool]", pd.Series([True, None])),
        ("Series", np.array([1.0])),
        ("Frame", pd.Series([1.0])),
        ("Fill", {"symbol": "a"}),
        ("None", 0),
    ],
)
def test_what_is_only_like_a_type_does_not_match_it(text: str, value: Any) -> None:
    assert not matches(parse(text), value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("string", "str"),
        ("decimal", "Decimal"),
        ("flaot", "float"),
        ("list[integer]", "int"),
        ("array[int]", "list"),
        ("dict[str, boolean]", "bool"),
        ("number | None", "Decimal or float"),
    ],
)
def test_a_word_that_is_no_type_is_told_the_one_that_is_meant(
    text: str, meant: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert caught.value.hint == f"did you mean {meant}?"


@pytest.mark.parametrize("text", ["list", "dict[str]", "whatever"])
def test_a_type_that_is_near_to_nothing_is_shown_the_vocabulary(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert (caught.value.hint or "").startswith("use bool, int, float")
