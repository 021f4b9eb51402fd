"""One warm sandbox for all tests of this folder, and the shortest way to use it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest
from sandboxed import Run

from architect.gate.sandbox import Limits, Outcome, Sandbox, Worker


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def worker(sandbox: Sandbox) -> Iterator[Worker]:
    with sandbox.worker() as fresh:
        yield fresh


@pytest.fixture
def run(sandbox: Sandbox) -> Run:
    """Load a source in a fresh worker and call its `f` with encoded keywords."""

    def run_once(
        source: str,
        limits: Limits | None = None,
        timeout_s: float | None = None,
        **args: Any,
    ) -> Outcome:
        with sandbox.worker(limits) as fresh:
            loaded = fresh.load([("generated.trading.f", dedent(source).encode())])
            if not loaded.ok:
                return Outcome(
                    loaded.status, raised=loaded.raised, detail=loaded.detail
                )
            return fresh.call("f", args, timeout_s=timeout_s)

    return run_once
