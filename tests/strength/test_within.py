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
