"""A change of an argument shows, however it was made; none is seen where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from architect.gate.sandbox import Worker
from architect.gate.sandbox.unchanged import held, holds


@dataclass(frozen=True, slots=True)
class Order:
    sizes: list[int]
    price: Decimal = Decimal("1.0")


def series() -> pd.Series:
    return pd.Series([1.0, 2.0, float("nan")])


def frame() -> pd.DataFrame:
    return pd.DataFrame({"close": [1.0, 2.0], "time_ms": [1, 2]})


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "a list grows": (lambda: [1, 2], lambda v: v.append(3)),
    "a list is turned round": (lambda: [300, 400], lambda v: v.reverse()),
    "a part is another type": (lambda: [1, 2], lambda v: v.__setitem__(0, 1.0)),
    "a part deep inside": (lambda: ([{"a": [1]}],), lambda v: v[0][0]["a"].clear()),
    "another order of keys": (
        lambda: {"a": 1, "b": 2}, lambda v: v.update(a=v.pop("a")),
    ),
    "a record's list": (lambda: Order([1]), lambda v: v.sizes.append(2)),
    "a frozen field": (
        lambda: Order([1]), lambda v: object.__setattr__(v, "price", Decimal(2)),
    ),
    "a cell of a series": (series, lambda v: v.__setitem__(0, 9.0)),
    "a series' index": (series, lambda v: setattr(v, "index", [5, 6, 7])),
    "the name of a series' index": (
        series, lambda v: v.index.rename("s", inplace=True),
    ),
    "the name of a frame's index": (
        frame, lambda v: v.index.rename("s", inplace=True),
    ),
    "the name of a frame's columns": (
        frame, lambda v: v.columns.rename("s", inplace=True),
    ),
    "the index of a frame without columns": (
        lambda: pd.DataFrame(index=[1]), lambda v: v.index.rename("s", inplace=True),
    ),
    "a cell of a frame": (frame, lambda v: v.__setitem__("time_ms", [1, 3])),
    "a sign of nothing": (
        lambda: pd.DataFrame({"a": [0.0]}), lambda v: v.__setitem__("a", [-0.0]),
    ),
    "a frame's column": (frame, lambda v: v.insert(0, "more", 1)),
    "a frame in a list": (lambda: [frame()], lambda v: v[0].pop("close")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name: str) -> None:
    make, change = CHANGES[name]
    value = make()
    before = held(value)
    assert holds(value, before)
    change(value)
    assert not holds(value, before)


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        pd.Series([[1], [2]]),
        pd.DataFrame({"close": [1.0], "symbol": ["a"]}),
        [pd.DataFrame({"symbol": ["a"]})],
    ],
)
def test_of_what_it_does_not_know_it_is_never_sure(value: Any) -> None:
    """Cells that are objects may be changed where they are."""
    assert not holds(value, held(value))


TEXTS = {
    "$": "frame",
    "index": {"range": [0, 1, 1], "name": None},
    "v": [["a", "str", ["b"]]],
}


def test_a_name_of_the_columns_that_is_not_written_is_told_as_changed(
    worker: Worker,
) -> None:
    source = b"def f(kept, named):\n    named[0].columns.rename('s', inplace=True)"
    assert worker.load([("generated.trading.f", source)]).ok
    outcome = worker.call("f", {"kept": [TEXTS], "named": [TEXTS]})
    assert outcome.mutated == {"named": [TEXTS]}


def test_a_set_that_stays_as_it_is_is_not_told_as_changed(worker: Worker) -> None:
    source = b"def f(kept, grown):\n    grown.add(2)\n    return len(kept)"
    assert worker.load([("generated.trading.f", source)]).ok
    one = {"$": "set", "v": [1]}
    outcome = worker.call("f", {"kept": one, "grown": one})
    assert outcome.mutated == {"grown": {"$": "set", "v": [1, 2]}}
