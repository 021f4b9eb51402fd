"""The gate's layers around each worker of a search, with one call more: its timer.

Unlike the gate's worker it has the expected values beside it, so what it finds is only a
proposal. The layers are there because a candidate is code that nobody has judged.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable

from architect.gate.sandbox import landlock, seccomp
from architect.gate.sandbox.confine import CHANNEL_FD, Plan, confine
from architect.gate.sandbox.limits import LAYERS, Limits

_CPU_S = 600


def confinement(memory_mb: int) -> Callable[[int], int]:
    """Return what confines a worker that this very process forks.

    `memory_mb` is what it may take above what it starts with. SandboxUnavailable's layers
    are proved by the gate, which runs on the same machine.
    """
    limits = Limits(memory_bytes=memory_mb << 20, cpu_s=_CPU_S)
    parent, program = os.getpid(), seccomp.program(("setitimer",))
    version = landlock.version()

    def enter(channel_fd: int) -> int:
        mapped = _mapped_bytes()
        confine(Plan(limits, LAYERS, channel_fd, parent, mapped, version, program))
        return CHANNEL_FD

    return enter


def _mapped_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
