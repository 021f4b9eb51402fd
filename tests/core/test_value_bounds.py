"""Values cross unchanged, and what a hostile process sends is refused, fast."""

from __future__ import annotations

import json
import math
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.values import NotPlain, decode, difference, encode

ALIKE = sys.hash_info.modulus
SOON_S = 1.0

VALUES = [
    None,
    True,
    -3,
    10**40,
    1.5,
    "é",
    [1, [2.0, None]],
    {"a": 1, 2: (3, {4}), (5,): frozenset({6})},
    Decimal("1.50"),
    Decimal("Infinity"),
    Decimal("1E-28"),
    [Decimal(1) / Decimal(n) for n in range(1, 500)],
    [10**30 + n for n in range(500)],
    datetime(2024, 1, 2, tzinfo=UTC),
    timedelta(days=-1, microseconds=3),
    np.float64(1.5),
    np.arange(6).reshape(2, 3),
    np.zeros((3, 0)),
    pd.Series([1.5, math.nan], name="x"),
    pd.Series([1, 2], dtype="Int64", index=["a", "b"]),
    pd.Series(["a", "b"]),
    pd.Series([], dtype="float64"),
    pd.DataFrame({"a": [1, 2], "b": [True, False]}),
    pd.DataFrame(index=range(3)),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_the_same(value: Any) -> None:
    again = decode(encode(value), {})
    assert difference(value, again) is None
    assert type(again) is type(value)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_int_that_no_text_can_hold_has_no_plain_form(sign: int) -> None:
    for value in (10**5000 * sign, [0, 10**5000 * sign], {10**5000 * sign}):
        with pytest.raises(NotPlain, match="an int with more than 4000 digits"):
            encode(value)
    assert json.loads(json.dumps(encode(10**3999 * sign))) == 10**3999 * sign


def tagged(tag: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"$": tag, "v": value, **more}


def series(dtype: str, cells: Any, stop: int = 1) -> dict[str, Any]:
    index = {"range": [0, stop, 1], "name": None}
    return tagged("series", cells, dtype=dtype, name=None, index=index)


def numpy(dtype: str, shape: list[int], cells: Any = ()) -> dict[str, Any]:
    return tagged("numpy", list(cells), dtype=dtype, shape=shape, array=True)


colliding = [ALIKE * n for n in range(1, 30_000)]
texts = [tagged("decimal", str(n)) for n in colliding]

deep: Any = []
for _ in range(200):
    deep = [deep]

HOSTILE = {
    "colliding numbers in a set": tagged("set", colliding),
    "few enough for a set": tagged("set", colliding[:9_000]),
    "colliding keys": tagged("dict", [[n, 0] for n in colliding[:9_000]]),
    "colliding in a list, for unique()": colliding,
    "colliding in lists": [[n] for n in colliding],
    "colliding decimals": texts,
    "decimals far below one": [
        tagged("decimal", f"{7 * pow(10, e, ALIKE) % ALIKE}e-{e}")
        for e in range(5000, 5040)
    ],
    "many members": tagged("set", list(range(20_000))),
    "wide decimal": tagged("decimal", "1e999999999"),
    "narrow decimal": tagged("decimal", "1e-999999999"),
    "long decimal": tagged("decimal", "9" * 100_000),
    "signalling nan": tagged("decimal", "sNaN"),
    "half a surrogate pair": "\ud800",
    "half a surrogate pair as key": tagged("dict", [["\udfff", 1]]),
    "wide dtype": series("U900000000", ["x"]),
    "dtype that reads the clock": series("datetime64[ns]", ["now"]),
    "category": series("category", ["x"]),
    "sparse": series("Sparse[float64]", [1.0]),
    "interval": series("interval[int64]", [None]),
    "dtype that is none": series("no such", [1.0]),
    "dtype as data": series([1], [1.0]),  # type: ignore[arg-type]
    "cells that are none": series("float64", {"$": "dict", "v": []}),
    "cells as text": series("str", "abc"),
    "rows without end": tagged(
        "frame", [], index={"range": [0, 10**15, 1], "name": None}
    ),
    "index of no known dtype": tagged(
        "frame", [], index={"dtype": "period[D]", "values": ["2024"], "name": None}
    ),
    "empty rows without end": numpy("float64", [10**9, 0]),
    "many empty dimensions": numpy("float64", [10**5, 10**5, 0]),
    "numpy of objects": numpy("object", [1], [1]),
    "numpy record": numpy("(900000000,)f8", [1], [1.0]),
    "too short": numpy("int64", [7], [1]),
    "unknown tag": tagged("pickle", "x"),
    "no tag": {"v": 1},
    "tag as data": {"$": [], "v": 1},
    "record that is none": tagged("record", {}, name="os"),
    "endless time": tagged("timedelta", [1e300]),
    "deep": deep,
}


@pytest.mark.alone
@pytest.mark.parametrize("plain", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_value_is_refused_soon(plain: Any) -> None:
    started = time.perf_counter()
    with pytest.raises(NotPlain):
        decode(plain, {})
    assert time.perf_counter() - started < SOON_S


@pytest.mark.parametrize(
    "value",
    [
        set(range(20_000)),
        Decimal("1e99999"),
        Decimal("sNaN"),
        pd.Series(["a"], dtype="category"),
        object(),
    ],
    ids=["large set", "exponent", "sNaN", "category", "object"],
)
def test_what_could_not_be_decoded_is_not_encoded(value: Any) -> None:
    with pytest.raises(NotPlain):
        encode(value)


def test_a_difference_is_told_in_few_words() -> None:
    long = "x" * 1_000_000
    for expected, got in [
        ("y", long),
        ({"y": 1}, {long: 1}),
        ([1], [long]),
        (pd.DataFrame({"y": [1]}), pd.DataFrame({long: [1]})),
    ]:
        assert len(str(difference(expected, got))) < 400


def test_frames_of_no_columns_part_by_their_rows() -> None:
    assert difference(pd.DataFrame(index=range(3)), pd.DataFrame(index=range(4)))
