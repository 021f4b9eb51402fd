"""Expressions of specs and records of specs, as the gate runs them."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
from decimal import Decimal

import numpy as np
import pytest
from body_cases import Case

from architect.gate.expressions import evaluate, holds, names, namespace
from architect.gate.records import record_classes
from core.errors import SpecError
from core.spec import Spec

CASE = Case("subject", "a: int, p: Position -> int", "")


def test_names_are_the_free_ones_in_order() -> None:
    assert names("[x for x in xs if (lambda y: y + z)(x)] and xs") == ("xs", "z")


def test_a_claim_that_fails_shows_its_values() -> None:
    assert holds("a < b", {"a": 1, "b": 2}) == (True, "")
    assert holds("a > b", {"a": 1, "b": [2]})[1].startswith("a > b raises TypeError")
    assert holds("a > b", {"a": 1, "b": 2}) == (
        False,
        "a > b does not hold with a = 1, b = 2",
    )
    assert not holds("undefined", {})[0]


def test_a_comprehension_sees_the_inputs_and_the_scope_stays() -> None:
    scope = {"xs": [1, 2], "low": 1}
    assert evaluate("all(x >= low for x in xs)", scope) is True
    assert set(scope) == {"xs", "low"}


def test_only_what_is_mentioned_is_brought() -> None:
    data = CASE.spec().model_dump(exclude_unset=True)
    data["properties"] = [{"name": "p", "check": "np.isfinite(result) and finite(a)"}]
    scope = namespace(Spec.model_validate(data))
    assert scope["np"] is np
    assert "pd" not in scope
    assert callable(scope["finite"])


def test_ctrl_c_while_something_is_imported_that_swallows_it_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As pandas does, where it imports what it can do without."""

    def swallowing(name: str) -> object:
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(100):
                time.sleep(0)
        return np

    data = CASE.spec().model_dump(exclude_unset=True)
    data["properties"] = [{"name": "p", "check": "np.isfinite(result)"}]
    monkeypatch.setattr(importlib, "import_module", swallowing)
    with pytest.raises(KeyboardInterrupt):
        namespace(Spec.model_validate(data))


def test_records_are_made_beside_the_running_process() -> None:
    before = set(sys.modules)
    records = record_classes(CASE.graph())
    assert set(records) == {"Fill", "Position", "OrderStatus"}
    fill = records["Fill"](
        symbol="PF_XBTUSD", side="buy", size=Decimal(1), price=Decimal(2), time_ms=3
    )
    whole = records["Position"](
        symbol="PF_XBTUSD", size=Decimal(1), entry_price=Decimal(2), last_fill=fill
    )
    assert whole.last_fill is fill
    assert not [
        name for name in set(sys.modules) - before if name.startswith("generated")
    ]


def test_a_record_that_cannot_be_made_is_named() -> None:
    graph = CASE.graph()
    data = graph.get("fill").model_dump(exclude_unset=True)
    data["fields"]["price"] = {"type": "float", "meaning": "m", "default": "x"}
    broken = Spec.model_validate(data)
    changed = type(graph)({**graph.specs, "fill": broken}, graph.uses, graph.order)
    with pytest.raises(SpecError, match="record fill cannot be made"):
        record_classes(changed)
