"""A forked process that tries candidates; it may hang, crash or be killed at any time.

It writes messages as JSON, never pickles. Which candidate it is at stands in memory that
it shares with its parent, so that a new worker can go on behind the one that killed it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import mmap
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any

from architect.wick.search.budget import Budget

Send = Callable[[dict[str, Any]], None]
_SLOTS = struct.Struct("ddddddddd")


class Shared:
    """Numbers that both sides see: where the worker is, how many candidates it ran, the
    cost above which it stops, until when it may go on, up to where it was sound, up to
    where it looks after each candidate whether it still is, whether it is slow, how much
    processor time it has left from the moment on at which it sees that, and how much it has
    taken."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SLOTS.size)
        self._set(0, -1.0)
        self._set(2, float("inf"))
        self._set(3, float("inf"))
        self._set(4, -1.0)
        self._set(5, -1.0)
        self._set(7, float("inf"))

    def _set(self, slot: int, value: float) -> None:
        struct.pack_into("d", self._memory, 8 * slot, value)

    def _get(self, slot: int) -> float:
        value: float = struct.unpack_from("d", self._memory, 8 * slot)[0]
        return value

    at = property(lambda self: int(self._get(0)), lambda self, v: self._set(0, v))
    tried = property(lambda self: int(self._get(1)), lambda self, v: self._set(1, v))
    limit = property(lambda self: self._get(2), lambda self, v: self._set(2, v))
    sound = property(lambda self: int(self._get(4)), lambda self, v: self._set(4, v))
    careful = property(lambda self: int(self._get(5)), lambda self, v: self._set(5, v))
    slow = property(lambda self: int(self._get(6)), lambda self, v: self._set(6, v))
    until = property(lambda self: self._get(3), lambda self, v: self._set(3, v))
    taken = property(lambda self: self._get(8), lambda self, v: self._set(8, v))
    grace = property(lambda self: self._get(7), lambda self, v: self._set(7, v))


class Process:
    """A forked child that runs `work(send)` and what it said so far."""

    def __init__(self, work: Callable[[Send], None], budget: Budget) -> None:
        reading, writing = Pipe(duplex=False)
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            reading.close()
            _live(work, writing, budget)
        writing.close()
        self.connection = reading
        self.heard_at = time.monotonic()

    def read(self) -> list[dict[str, Any]] | None:
        """Return the messages that have come; None when the child has ended."""
        found = []
        try:
            while self.connection.poll():
                found.append(json.loads(self.connection.recv_bytes()))
        except (EOFError, OSError):
            return found or None
        return found

    def kill(self) -> None:
        """End the child, and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self.connection.close()


def ask(
    work: Callable[[Send], None], budget: Budget, until: float
) -> dict[str, Any] | None:
    """Return the first message of a worker; None if it dies or is not done by `until`,
    which is on the monotonic clock."""
    process = Process(work, budget)
    try:
        while time.monotonic() < until:
            if process.connection.poll(0.05):
                for message in process.read() or []:
                    return message
                return None
    finally:
        process.kill()
    return None


def _live(work: Callable[[Send], None], writing: Connection, budget: Budget) -> None:
    """Run as the child; never return."""
    try:
        gc.disable()
        if budget.confine is None:
            os.setsid()
            _quiet()
            limit = _size() + budget.memory_mb * 2**20
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        else:
            number = budget.confine(writing.fileno())
            sys.stdout = sys.stderr = io.StringIO()
            writing = Connection(number, readable=False)
        work(lambda message: writing.send_bytes(json.dumps(message).encode()))
        writing.close()
    except BaseException as error:
        with contextlib.suppress(BaseException):
            told = f"{type(error).__name__}: {error}"
            writing.send_bytes(json.dumps({"kind": "died", "why": told}).encode())
    finally:
        os._exit(0)


def _quiet() -> None:
    """Let nothing that a candidate prints be seen."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.stdout = sys.stderr = os.fdopen(nowhere, "w", encoding="utf-8")


def _size() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
