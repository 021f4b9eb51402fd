"""What breaks a `requires` is found for every kind of argument."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from architect.gate.contract.requires import neighbours

BROKEN: list[tuple[Any, str]] = [
    (3, "x >= 0"),
    (0.5, "x <= 7"),
    (Decimal("0.5"), "x > 0"),
    ("a", "len(x) > 0"),
    ([1, 2], "x == sorted(x)"),
    ([0.5], "all(one >= 0 for one in x)"),
    ({"a": 0.5, "b": 1.0}, "all(one >= 0 for one in x.values())"),
    ({"a": Decimal(1)}, "len(x) > 0"),
    (pd.Series([1.0, 2.0]), "(x > 0).all()"),
]


@pytest.mark.parametrize(("good", "claim"), BROKEN)
def test_a_neighbour_breaks_it(good: Any, claim: str) -> None:
    assert eval(claim, {"x": good})
    found = [given["x"] for given in neighbours([{"x": good}], [7.0])]
    assert not all(eval(claim, {"x": x}) for x in found)
