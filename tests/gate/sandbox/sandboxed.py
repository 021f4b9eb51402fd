"""Names that the tests of the sandbox share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from architect.gate.sandbox import Outcome, Sandbox

Run = Callable[..., Outcome]


def children(pid: int) -> set[int]:
    """The children of a process, those that ended and are not reaped among them."""
    return {
        int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    }


def left(sandbox: Sandbox) -> set[int]:
    """What is left of ended workers after a while: not the fork ahead of the next one,
    which still is in the session of its parent."""
    deadline = time.monotonic() + 5
    while found := {p for p in children(sandbox.zygote.pid) if _moved(p, sandbox)}:
        if time.monotonic() > deadline:
            break
        os.sched_yield()
    return found


def _moved(pid: int, sandbox: Sandbox) -> bool:
    with suppress(ProcessLookupError):
        return os.getsid(pid) != os.getsid(sandbox.zygote.pid)
    return False
