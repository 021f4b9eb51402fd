"""Which values lie within a domain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from architect.strength.within import within
from core import types
from core.spec import Domain


@pytest.mark.parametrize(
    ("kind", "domain", "value", "expected"),
    [
        ("int", Domain(range=(0, 9)), 9, True),
        ("int", Domain(range=(0, 9)), 10, False),
        ("int", Domain(range=(0, 9)), Decimal(1), False),
        ("Decimal", Domain(range=(0, 9)), Decimal("9.1"), False),
        ("float", Domain(range=(0, 9)), float("nan"), True),
        ("str", Domain(size=(1, 2)), "", False),
        ("str", Domain(choices=["a"]), "b", False),
        ("str", Domain(choices=["a"]), "a", True),
        ("str | None", Domain(choices=[None, "a"]), None, True),
        ("int", Domain(choices=[1, 7]), 7, True),
        ("int", Domain(choices=[1, 7]), 5, False),
        ("float", Domain(choices=[0.5, 1.0]), 0.5, True),
        ("float", Domain(choices=[0.5, 1.0]), 0.75, False),
        ("Decimal", Domain(choices=["0.01", 1]), Decimal("1.0"), True),
        ("Decimal", Domain(choices=["0.01", 1]), Decimal(2), False),
        ("Decimal | None", Domain(choices=[None, "2"]), Decimal(2), True),
        ("dict[str, Decimal]", Domain(choices=[{}, {"A": 1}]), {"A": Decimal(1)}, True),
        (
            "dict[str, Decimal]",
            Domain(choices=[{}, {"A": 1}]),
            {"A": Decimal(2)},
            False,
        ),
        ("list[str]", Domain(choices=["a", "b"]), ["b", "a"], True),
        ("list[str]", Domain(choices=["a", "b"]), ["b", "c"], False),
        ("list[int]", Domain(choices=[1, 2]), [2, 3], False),
        ("list[Decimal]", Domain(choices=[1, "0.01"]), [Decimal("0.01")], True),
        ("list[Decimal]", Domain(choices=[1, "0.01"]), [Decimal("0.02")], False),
        ('Literal["x"]', Domain(), "y", False),
        ("list[int]", Domain(range=(0, 9), size=(0, 2)), [1, 2], True),
        ("list[int]", Domain(range=(0, 9), size=(0, 2)), [1, 2, 3], False),
        ("list[int]", Domain(range=(0, 9)), [11], False),
        ("Series", Domain(range=(0, 9)), pd.Series([1.0, 9.0]), True),
        ("Series", Domain(range=(0, 9)), pd.Series([1.0, 9.5]), False),
        ("None", Domain(), None, True),
    ],
)
def test_type_range_size_and_choices_count(
    kind: str, domain: Domain, value: Any, expected: bool
) -> None:
    assert within(types.parse(kind), domain, value, {}) is expected
