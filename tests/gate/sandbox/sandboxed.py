"""Names that the tests of the sandbox share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from architect.gate.sandbox import Outcome

Run = Callable[..., Outcome]


def children(pid: int) -> set[int]:
    """The children of a process, those that ended and are not reaped among them."""
    return {
        int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    }
