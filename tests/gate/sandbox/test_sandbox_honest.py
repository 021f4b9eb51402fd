"""Honest code finds all that it needs in memory, and computes the same as outside."""

from __future__ import annotations

from typing import Any

import pytest
from honest_idioms import IDIOMS, PREPARE

from architect.gate.sandbox import Sandbox


@pytest.fixture(scope="module")
def outside() -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(PREPARE, scope)
    return scope


@pytest.mark.parametrize("idiom", IDIOMS)
def test_an_idiom_works_in_a_fresh_worker(
    sandbox: Sandbox, outside: dict[str, Any], idiom: str
) -> None:
    # A fresh worker each: what one idiom loads must not help the next.
    with sandbox.worker() as worker:
        assert worker.load([("generated.trading.f", PREPARE.encode())]).ok
        outcome = worker.call("f", {"idiom": idiom})
    assert outcome.status == "value", outcome
    assert outcome.value == outside["f"](idiom)
