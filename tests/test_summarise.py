"""Summaries: any value, compact, and always JSON that Postgres takes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.summarise import LONGEST_JSON, LONGEST_TEXT, to_json


@dataclass(frozen=True, slots=True)
class Fill:
    """A record with an amount."""

    symbol: str
    size: Decimal


class Hostile:
    """An object whose own code raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (51.25, 51.25),
        (Decimal("64012.50"), "64012.50"),
        (Fill("PF_XBTUSD", Decimal("0.1")), {"symbol": "PF_XBTUSD", "size": "0.1"}),
        (math.nan, None),
        (math.inf, None),
        (1 << 70, str(1 << 70)),
        ({1: Decimal(2)}, {"1": "2"}),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "?"),
        (
            pandas.Series([1.0, 2.0, 3.5]),
            {"type": "Series", "length": 3, "first": 1.0, "last": 3.5},
        ),
        (pandas.Series([], dtype=float), {"type": "Series", "length": 0}),
        (
            numpy.arange(6).reshape(2, 3),
            {"type": "ndarray", "shape": [2, 3], "first": 0, "last": 5},
        ),
        (numpy.float64(2.5), 2.5),
        (numpy.int64(7), 7),
        (
            pandas.DataFrame({"open": [1], "close": [2]}),
            {"type": "DataFrame", "length": 1, "columns": ["open", "close"]},
        ),
        (ValueError("no"), {"type": "ValueError", "message": "no"}),
        (b"abc", {"type": "bytes", "length": 3}),
        (object(), {"type": "object"}),
    ],
)
def test_a_value_becomes_what_a_person_would_note(value: object, expected: Any) -> None:
    assert json.loads(to_json(value)) == expected


def test_a_long_text_is_cut_and_says_so() -> None:
    text = json.loads(to_json("x" * 10_000))
    assert text == "x" * LONGEST_TEXT + f"… ({10_000 - LONGEST_TEXT} more)"


def test_a_long_list_is_its_length_and_ends() -> None:
    summary = json.loads(to_json(list(range(5000))))
    assert summary == {"type": "list", "length": 5000, "first": 0, "last": 4999}


def test_a_value_that_holds_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert b"list" in to_json(loop)


def test_an_object_that_raises_is_noted_not_raised() -> None:
    assert json.loads(to_json([Hostile()]))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=30,
)


@given(anything)
def test_every_value_is_bounded_json_that_postgres_takes(value: object) -> None:
    text = to_json(value)
    assert len(text) <= LONGEST_JSON
    assert "\0" not in json.dumps(json.loads(text), ensure_ascii=False)
    text.decode("utf-8")
