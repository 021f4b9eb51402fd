"""Which values count as objects that point at each other."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from architect.wick.search.input_objects import is_object, rewired


class Node:
    def __init__(self) -> None:
        self.links: list[Node] = []


@pytest.mark.parametrize(
    "value", [pd.Series([1.0]), pd.DataFrame({"a": [1.0]}), np.zeros(2), Node, len, 7]
)
def test_tables_classes_and_functions_are_no_objects(value: Any) -> None:
    assert not is_object(value)


def test_tables_pass_through_as_they_are() -> None:
    series, node = pd.Series([1.0, 2.0]), Node()
    for seed in range(20):
        (first, _), more = rewired(
            (series, node),
            {"window": series},
            random.Random(seed),
            lambda value, like, draw: value,
        )
        assert first is series
        assert more["window"] is series
    assert is_object(node)
