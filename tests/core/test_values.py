"""The plain form of values: lossless, and compared by exact type."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records import record
from core.values import MAX_DEPTH, NotPlain, decode, difference, encode


@record()
class Pair:
    """Two values."""

    left: int
    right: str


RECORDS = {"Pair": Pair}
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(),
    st.builds(Pair, left=st.integers(), right=st.text()),
)
KEYS = st.one_of(st.booleans(), st.integers(), st.text(), st.decimals(allow_nan=False))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
    ),
    max_leaves=12,
)


def carried(value: Any) -> Any:
    """Return a value after it crossed a border as text."""
    return decode(json.loads(json.dumps(encode(value))), RECORDS)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(VALUES)
def test_a_value_crosses_as_it_is(value: Any) -> None:
    back = carried(value)
    assert type(back) is type(value)
    assert difference(value, back) is None


SERIES = [
    pd.Series([1.5, math.nan, -math.inf], name="close"),
    pd.Series([1, 2], index=[5, 7]),
    pd.Series([True, False], index=pd.Index(["a", "b"], name="who")),
    pd.Series([], dtype="float64"),
    pd.Series(["a", None], dtype=object),
    pd.Series(["a", "b"]),
    pd.Series([1, 2], dtype="int8"),
    pd.Series([Decimal("1.5")], dtype=object),
    pd.Series(range(3), index=pd.RangeIndex(2, 8, 2, name="n")),
]


@pytest.mark.parametrize("series", SERIES, ids=lambda s: str(s.dtype))
def test_a_series_crosses_with_its_dtype_index_and_names(series: pd.Series) -> None:
    back = carried(series)
    pd.testing.assert_series_equal(back, series)


def test_a_frame_crosses_whole() -> None:
    frame = pd.DataFrame(
        {"time_ms": [1, 2], "close": [1.0, math.nan], "who": ["a", "b"]}, index=[3, 4]
    )
    pd.testing.assert_frame_equal(carried(frame), frame)
    empty = pd.DataFrame(index=pd.RangeIndex(3))
    pd.testing.assert_frame_equal(carried(empty), empty)


@pytest.mark.parametrize(
    "value",
    [
        np.float64(1.5),
        np.int32(3),
        np.True_,
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([], dtype="int64"),
    ],
    ids=repr,
)
def test_numpy_crosses_with_dtype_and_shape(value: Any) -> None:
    back = carried(value)
    assert type(back) is type(value)
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    assert np.array_equal(back, value)


def test_another_zone_is_the_same_moment() -> None:
    time = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert carried(time) == time


class Odd(int):
    """Like an int, but not one."""


DEEP: list[Any] = []
for _ in range(MAX_DEPTH + 2):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Odd(3),
        b"bytes",
        1j,
        np.array(["a"]),
        np.complex128(1),
        pd.Timestamp(0),
        pd.Series(pd.to_datetime([0])),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        lambda: 0,
        Pair,
        DEEP,
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_has_no_plain_form_is_said_so(value: Any) -> None:
    with pytest.raises(NotPlain):
        encode(value)


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"$": "pickle", "v": ""},
        {"$": ["decimal"], "v": "1"},
        {"$": "decimal", "v": "much"},
        {"$": "decimal"},
        {"$": "datetime", "v": 3},
        {"$": "dict", "v": [[1]]},
        {"$": "dict", "v": [[[1], 2]]},
        {"$": "set", "v": [[1]]},
        {"$": "record", "name": "Order", "v": {}},
        {"$": "record", "name": "Pair", "v": {"left": 1}},
        {"$": "record", "name": "Pair", "v": {"left": 1, "right": "", "more": 2}},
        {"$": "numpy", "dtype": "O", "shape": [1], "array": True, "v": ["x"]},
        {"$": "numpy", "dtype": "float64", "shape": [7], "array": True, "v": [1.0]},
        {"$": "series", "dtype": "float64", "name": None, "v": [1.0]},
        {"$": "series", "dtype": "int64", "name": None, "index": {}, "v": 3},
        {"$": "frame", "index": {"range": [0, 1, 1]}, "v": [["a", "int64"]]},
        DEEP,
    ],
)
def test_data_that_describes_no_value_is_refused(plain: Any) -> None:
    with pytest.raises(NotPlain):
        decode(plain, RECORDS)


DIFFERENT: list[tuple[Any, Any, str]] = [
    (1, True, "expected int 1, got bool True"),
    (1.0, 1, "expected float 1.0, got int 1"),
    (1.0, 1.1, "expected 1.0, got 1.1"),
    (math.nan, 0.0, "expected nan, got 0.0"),
    (Decimal(1), Decimal("1.01"), "expected"),
    (Decimal("NaN"), Decimal(1), "expected"),
    ([1, 2], [1, 2, 3], "result: expected 2 items, got 3"),
    ([1, [2, 3]], [1, [2, 4]], r"result\[1\]\[1\]: expected 3, got 4"),
    ((1,), [1], "expected tuple"),
    ({"a": 1}, {"b": 1}, "expected keys"),
    ({1: "a"}, {True: "a"}, "expected keys"),
    ({"a": [1]}, {"a": [2]}, r"result\.a\[0\]"),
    ({1}, {True}, "expected"),
    ({1}, {2}, "expected"),
    (Pair(left=1, right=""), Pair(left=2, right=""), r"result\.left"),
    (pd.Series([1.0]), pd.Series([1]), "expected dtype float64, got int64"),
    (pd.Series([1.0]), pd.Series([1.0, 2.0]), "expected length 1, got 2"),
    (pd.Series([1.0]), pd.Series([1.0], index=[4]), "the index differs"),
    (pd.Series([1.0, 2.0]), pd.Series([1.0, 2.5]), r"result\[1\]: expected 2.0"),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}), "expected columns"),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]}), r"result\['a'\]\[0\]"),
    (np.array([1.0]), np.array([[1.0]]), "expected length"),
]


@pytest.mark.parametrize(("expected", "got", "text"), DIFFERENT)
def test_the_first_difference_is_told_with_its_place(
    expected: Any, got: Any, text: str
) -> None:
    found = difference(expected, got)
    assert found is not None
    assert re.search(text, found)


SAME: list[tuple[Any, Any]] = [
    (math.nan, math.nan),
    (Decimal("1.0"), Decimal("1.00")),
    (Decimal("NaN"), Decimal("NaN")),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (pd.Series([math.nan]), pd.Series([math.nan])),
    (pd.Series([1], index=pd.RangeIndex(1)), pd.Series([1], index=[0])),
    (math.inf, math.inf),
]


@pytest.mark.parametrize(("expected", "got"), SAME)
def test_equal_values_have_no_difference(expected: Any, got: Any) -> None:
    assert difference(expected, got) is None


def test_the_tolerance_is_relative_above_one_and_absolute_below() -> None:
    assert difference(1e9, 1e9 + 0.5, 1e-9) is None
    assert difference(1e9, 1e9 + 1.5, 1e-9) is not None
    assert difference(0.0, 5e-10, 1e-9) is None
    assert difference(math.inf, 1e308, 1e-9) is not None
    assert difference(Decimal(1), Decimal("1.0000000001"), 1e-9) is not None
