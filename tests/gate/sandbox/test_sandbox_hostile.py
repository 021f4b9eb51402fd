"""Hostile bodies against the sandbox alone, and what they leave behind: nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hostile_snippets import SNIPPETS
from sandboxed import left

from architect.gate.sandbox import Limits, Sandbox

LIMITS = Limits(memory_bytes=256 << 20, call_s=1.0)


@pytest.mark.parametrize(("name", "body"), SNIPPETS, ids=[name for name, _ in SNIPPETS])
def test_a_hostile_body_does_not_return(sandbox: Sandbox, name: str, body: str) -> None:
    before = _state()
    with sandbox.worker(LIMITS) as worker:
        assert worker.load(
            [("generated.trading.f", f"def f():\n    {body}".encode())]
        ).ok
        outcome = worker.call("f", {})
    assert outcome.status in ("raised", "died"), outcome
    if outcome.raised is not None:
        assert outcome.raised.type not in (
            "NameError",
            "AttributeError",
            "SyntaxError",
            "TypeError",
        )
    assert left(sandbox) == set()
    assert _state() == before


def _state() -> tuple[object, ...]:
    traces = [
        p
        for p in ("/tmp", ".", tempfile.gettempdir())
        if (Path(p) / "sandbox-was-here").exists()
    ]
    return traces, Path.cwd(), os.getpriority(os.PRIO_PROCESS, 0), dict(os.environ)
