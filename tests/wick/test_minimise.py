"""Smaller inputs still fail, are never larger, and are found in a bounded way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from architect.wick.minimise import TRIALS, minimise

VALUES = st.one_of(
    st.integers(-50, 50),
    st.floats(-50, 50),
    st.booleans(),
    st.decimals(-50, 50, places=3),
    st.lists(st.integers(0, 9), max_size=20),
    st.lists(st.floats(0, 9), max_size=20).map(pd.Series),
    st.text(max_size=3),
)


def weight(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") else 0


def digest(arguments: Any) -> int:
    """A stable number that depends on all of the input."""
    parts = [
        str(list(v)) if hasattr(v, "iloc") else repr(v) for v in arguments.values()
    ]
    return sum(map(ord, "".join(parts)))


@given(st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=3), st.integers(1, 5))
def test_the_result_fails_is_not_larger_and_is_found_within_the_trials(
    arguments: dict[str, Any], modulus: int
) -> None:
    asked: list[Any] = []

    def fails(smaller: Any) -> bool:
        asked.append(smaller)
        return digest(smaller) % modulus == digest(arguments) % modulus

    found = minimise(arguments, fails)
    assert fails(found)
    assert found.keys() == arguments.keys()
    assert all(weight(found[n]) <= weight(v) for n, v in arguments.items())
    assert all(type(found[n]) is type(v) for n, v in arguments.items())
    assert len(asked) <= TRIALS + 1
    again = minimise(arguments, fails)
    assert digest(again) == digest(found)


def test_what_was_given_is_not_changed() -> None:
    series = pd.Series([1.5, 2.5, 3.5])
    arguments = {"close": series, "items": [3, 2, 1]}
    minimise(arguments, lambda _: True)
    assert list(series) == [1.5, 2.5, 3.5]
    assert arguments["items"] == [3, 2, 1]


@pytest.mark.parametrize("limit", [466, 480, 488, 495, 510, 524])
def test_a_depth_that_differs_a_little_gives_the_same_input(limit: int) -> None:
    """Pythons differ by some frames in how deep a recursion may go."""
    arguments = {"volume": pd.Series([float(i) for i in range(600)]), "window": 20}
    found = minimise(arguments, lambda a: len(a["volume"]) > limit)
    assert (len(found["volume"]), found["window"]) == (525, 1)
    assert set(found["volume"]) == {1.0}


def test_tables_of_one_length_stay_of_one_length() -> None:
    arguments = {
        "high": pd.Series([2.0] * 64),
        "low": pd.Series([1.0] * 64),
        "n": [1, 2],
    }
    found = minimise(
        arguments, lambda a: len(a["high"]) == len(a["low"]) and len(a["high"]) > 4
    )
    assert len(found["high"]) == len(found["low"]) == 5


def test_a_count_becomes_1_and_0_only_where_1_does_not_fail() -> None:
    assert minimise({"window": 14}, lambda _: True) == {"window": 1}
    assert minimise({"window": 14}, lambda a: a["window"] != 1) == {"window": 0}
    assert minimise({"flag": True}, lambda _: True) == {"flag": True}


def test_numbers_become_round_and_what_is_no_number_stays() -> None:
    arguments = {
        "x": 3.7,
        "d": Decimal("2.25"),
        "n": float("nan"),
        "i": float("inf"),
        "none": None,
    }
    found = minimise(arguments, lambda _: True)
    assert (found["x"], found["d"]) == (4.0, Decimal(2))
    assert repr(found["n"]) == "nan"


def test_slow_calls_end_the_search_early() -> None:
    asked = []
    minimise({"values": list(range(600))}, lambda a: not asked.append(a), budget_s=0.0)  # type: ignore[func-returns-value]
    assert len(asked) <= 1
