"""A deadline for calls of modules: one that does not come back is ended and contained.

The calls themselves pay nothing. A timer of this process' own CPU time looks at the main
thread's stack every 25 ms and finds there since when which module has been running; one
that has used up its spec's `time_ms` is interrupted as if it had raised. The timer runs
as a signal, so loops inside `re` and of long integers are ended too; a loop in C that
never looks for signals holds the interpreter itself, which `core.hang` is for.

CPU time of the thread is what counts, not time: on a busy machine nothing is ended that
would have come back. Nothing is interrupted in our own code: not while an action waits
for the exchange or writes to a store, nor while a failure is being contained; and what is
spent there is not counted to the modules that are waiting for it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import NamedTuple

from core.hooks import Interrupted
from core.wrapper import wrapped_body

EVERY_S = 0.025
DEFAULT_MS = 250
# An action spends time of its own on what its ports answer.
ACTION_TIMES = 4
# Ours, and safe to leave at any point: it holds nothing.
PASSABLE = ("core.registry", "dispatch")

_Key = tuple[CodeType, int]


class _Call(NamedTuple):
    """A module's call on the stack: its wrapper's code, and when it began."""

    name: str
    key: _Key
    kind: str


class Deadline:
    """Ends calls of modules on the main thread; `limits_ms` are by module."""

    def __init__(
        self,
        limits_ms: Mapping[str, int],
        cpu_ns: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self._limits_ms, self._cpu_ns = limits_ms, cpu_ns
        self._seen: dict[_Key, int] = {}
        self._looked = 0
        # Overdue, and let go on once for what it had just called; while on the stack.
        self._given: set[_Key] = set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the calls in the block. Does nothing on any but the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _look(self, number: int, frame: FrameType | None) -> None:
        """Interrupt the call that is overdue. It is the innermost one that was there
        at the last look: those within it come and go, those around it wait for it.

        One that came since may be what hangs: it is waited for, once, however many looks
        that takes. The next that comes finds the call around it overdue and ends that one.
        """
        now = self._cpu_ns()
        calls = _calls(frame)
        before, self._seen = self._seen, {}
        since, self._looked = now - self._looked, now
        for call in calls:
            began = before.get(call.key, now)
            ours = call.key in before and not _may_end(frame, call)
            self._seen[call.key] = began + since if ours else began
        self._given &= self._seen.keys()
        judged = next((call for call in calls if call.key in before), None)
        if judged is None:
            return
        used_ms = (now - self._seen[judged.key]) / 1e6 + EVERY_S * 1e3
        limit_ms = self._limit_ms(judged)
        if used_ms < limit_ms or not _may_end(frame, judged):
            return
        if judged is not calls[0] and judged.key not in self._given:
            self._given.add(judged.key)
            return
        raise Interrupted(judged.key[0], limit_ms)

    def _limit_ms(self, call: _Call) -> int:
        limit_ms = self._limits_ms.get(call.name, DEFAULT_MS)
        return limit_ms * ACTION_TIMES if call.kind == "action" else limit_ms


def _calls(frame: FrameType | None) -> list[_Call]:
    """Return the calls of modules whose bodies are running, innermost first.

    A recursion is one call, its outermost: that one the wrapper contains.
    """
    found: dict[CodeType, _Call] = {}
    inner: FrameType | None = None
    while frame is not None:
        body = wrapped_body(frame)
        if body is not None and inner is not None and inner.f_code is body:
            code, started = frame.f_code, frame.f_locals["_started"]
            found[code] = _Call(code.co_name, (code, started), frame.f_globals["_kind"])
        inner, frame = frame, frame.f_back
    return list(found.values())


def _may_end(frame: FrameType | None, call: _Call) -> bool:
    """Tell whether all that runs within the call may be left where it is.

    Within an action only its own lines may: what it called may be a port.
    """
    while frame is not None and frame.f_code is not call.key[0]:
        module = str(frame.f_globals.get("__name__", ""))
        barred = module.startswith("core.") or call.kind == "action"
        passable = (module, frame.f_code.co_name) == PASSABLE
        if barred and not passable and not module.startswith("generated."):
            return False
        frame = frame.f_back
    return True
