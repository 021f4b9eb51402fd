"""Ends the evaluation of a claim that a hostile result makes endless.

`requires`, `ensures` and properties run in the trusted process on what a candidate
answered; a claim that is quadratic in it may run for hours. One watching thread raises
Overdue in the thread that evaluates. It cannot end a single call into C (a claim that
takes a result as a size); the bounds of core.value_bounds keep those small.
"""

from __future__ import annotations

import ctypes
import threading
import time
from types import TracebackType

CLAIM_S = 2.0
_TICK_S = 0.1
# So long it looks in vain before it waits to be woken: waking it costs more than a claim.
_IDLE_TICKS = 50


class Overdue(Exception):
    """A claim took more than its share of CPU time."""


class _Watch(threading.Thread):
    """Looks at every running evaluation a few times a second."""

    def __init__(self) -> None:
        super().__init__(name="claim-watch", daemon=True)
        # thread -> (its CPU clock, when on that clock it is overdue)
        self.running: dict[int, tuple[int, float]] = {}
        self.awake = False
        self.wake = threading.Event()

    def run(self) -> None:
        while True:
            self.awake = False
            # Whoever came before that line did not wake it.
            if not self.running:
                self.wake.wait()
            self.awake = True
            self.wake.clear()
            self._look_around()

    def _look_around(self) -> None:
        idle = 0
        while idle < _IDLE_TICKS:
            time.sleep(_TICK_S)
            idle = 0 if self.running else idle + 1
            for ident, (clock, until) in list(self.running.items()):
                self._look(ident, clock, until)

    def _look(self, ident: int, clock: int, until: float) -> None:
        try:
            late = time.clock_gettime(clock) > until
        except OSError:
            # The thread is gone.
            self.running.pop(ident, None)
            return
        # Whoever takes it out decides: see `TimeBox.__exit__`.
        if late and self.running.pop(ident, None) is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(ident), ctypes.py_object(Overdue)
            )


_watch = _Watch()


def _watching() -> _Watch:
    global _watch
    if not _watch.is_alive():
        # Not yet started, or this process is a fork of the one that did.
        _watch = _Watch()
        _watch.start()
    return _watch


class TimeBox:
    """`with TimeBox():` raises Overdue in its body after CLAIM_S of this thread's CPU time.

    What waits for a worker uses none, so calls inside a property do not count. A box in
    a box is the outer one.
    """

    def __init__(self, seconds: float = CLAIM_S) -> None:
        self.seconds, self.ident = seconds, threading.get_ident()
        self.outer = False

    def __enter__(self) -> None:
        watch = _watching()
        self.outer = self.ident in watch.running
        if not self.outer:
            until = time.thread_time() + self.seconds
            watch.running[self.ident] = time.pthread_getcpuclockid(self.ident), until
            if not watch.awake:
                watch.wake.set()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.outer or _watch.running.pop(self.ident, None) is not None:
            return
        while not isinstance(error, Overdue):
            # It is on its way to this thread and must not arrive elsewhere.
            time.sleep(_TICK_S)
