"""Records: frozen, keyword-only, checked from their making on; and contract terms."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal
from typing import Any, Literal

import pandas as pd
import pytest

from core.contract import TERMS
from core.errors import RequiresError
from core.records import record
from core.types import parse


# Annotations are evaluated, as they are in a rendered module.
def make_order() -> type:
    scope: dict[str, Any] = {"Decimal": Decimal, "Literal": Literal, "record": record}
    exec(_ORDER, scope)
    return scope["Order"]  # type: ignore[no-any-return]


_ORDER = """
LEAST = Decimal("0.1")

@record(requires=["size >= LEAST", "price is None or finite(price)"])
class Order:
    side: Literal["buy", "sell"]
    size: Decimal
    price: float | None = None
    tags: list[str] = ()
"""
Order = make_order()


def test_a_record_is_frozen_slotted_and_keyword_only() -> None:
    order = Order(side="buy", size=Decimal(1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        order.size = Decimal(2)
    with pytest.raises((AttributeError, TypeError)):
        order.colour = "red"
    with pytest.raises(TypeError):
        Order("buy", Decimal(1))
    assert not hasattr(order, "__dict__")


def test_equal_fields_make_equal_records() -> None:
    assert Order(side="buy", size=Decimal(1)) == Order(side="buy", size=Decimal("1.0"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"size": Decimal("0.05")}, "Order requires size >= LEAST"),
        ({"price": math.inf}, r"requires price is None or finite\(price\)"),
    ],
)
def test_a_broken_requires_names_the_clause_and_the_values(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(RequiresError, match=told) as caught:
        Order(**{"side": "buy", "size": Decimal(1), **changes})
    assert "side='buy'" in str(caught.value)


def test_replacing_a_field_checks_again() -> None:
    order = Order(side="buy", size=Decimal(1))
    with pytest.raises(RequiresError):
        dataclasses.replace(order, size=Decimal(0))


def test_a_record_knows_its_types_in_the_specs_words() -> None:
    texts = {
        "side": 'Literal["buy", "sell"]',
        "size": "Decimal",
        "price": "float | None",
        "tags": "list[str]",
    }
    assert Order.__types__ == {n: parse(t) for n, t in texts.items()}  # type: ignore[attr-defined]


TERM_CASES: list[tuple[str, tuple[Any, ...], bool]] = [
    ("finite", (1,), True),
    ("finite", (math.nan,), False),
    ("finite", (Decimal("Infinity"),), False),
    ("finite", (pd.Series([1.0, math.nan]),), False),
    ("finite", ([[1.0], [2.0, -math.inf]],), False),
    ("finite", ([],), True),
    ("close_to", (1.0, 1.0 + 1e-12), True),
    ("close_to", (1e12, 1e12 + 1), True),
    ("close_to", (0.0, 1e-6), False),
    ("close_to", (math.nan, math.nan), True),
    ("close_to", (math.nan, 1.0), False),
    ("close_to", (math.inf, math.inf), True),
    ("close_to", (Decimal("0.1"), 0.1), True),
    ("close_to", ([1.0], [1.0, 2.0]), False),
    ("close_to", (pd.Series([1.0, math.nan]), [1.0, math.nan]), True),
    ("close_to", (1.0, 1.5, 0.5), True),
    ("non_decreasing", ([1, 1, 2],), True),
    ("non_decreasing", (pd.Series([2, 1]),), False),
    ("non_decreasing", ([],), True),
    ("unique", ([1, 2],), True),
    ("unique", ([1, 1.0],), False),
    ("unique", ((x for x in "ab"),), True),
]


@pytest.mark.parametrize(("term", "args", "holds"), TERM_CASES)
def test_a_term_holds_or_not(term: str, args: tuple[Any, ...], holds: bool) -> None:
    assert TERMS[term](*args) is holds
