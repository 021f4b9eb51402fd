"""The trusted hold on the search's process: starts it, orders, listens, ends it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from multiprocessing.connection import Connection, Pipe
from types import TracebackType

from architect.gate.sandbox.zygote_handle import ENVIRONMENT
from architect.wick.spec_search.order import Ended, Found, Order
from architect.wick.spec_search.process import NEXT, STOP

START_S, END_S = 60.0, 5.0
# Beyond an order's own seconds: it observes first and chooses last.
EXTRA_S = 15.0


class Searcher:
    """One process for searches, one at a time; a context manager.

    It is started at the first order, or before by `start`.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection
        self._ready = self._searching = False
        self._until = self._rests = 0.0

    def __enter__(self) -> Searcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process, without waiting until it is warm."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._connection, theirs = Pipe()
        number = theirs.fileno()
        module = "architect.wick.spec_search.process"
        # A session of its own: Ctrl-C at the terminal reaches us, and we end it.
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(number)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**_kept(), **ENVIRONMENT},
                pass_fds=(number,),
                start_new_session=True,
            )
        self._ready = self._searching = False

    def begin(self, order: Order) -> None:
        """Begin a search; one that was under way is ended first.

        Of one that cannot be begun `poll` tells the end.
        """
        self.end()
        try:
            self.start()
            if not self._ready:
                self._ready = self._receive(START_S) == "ready"
            self._until = time.monotonic() + order.wall_s + EXTRA_S
            self._connection.send(order)
        except (EOFError, OSError):
            self.close()
            return
        self._searching = True

    def poll(self, timeout_s: float) -> Found | Ended | None:
        """Return what the search has found, or that it ended; None if neither yet.

        After `Found` it rests until `go_on`.
        """
        try:
            if not self._connection.poll(timeout_s):
                if time.monotonic() < self._until:
                    return None
                return self._lost("it did not end in time")
            told = self._connection.recv()
        except (EOFError, OSError):
            return self._lost("its process ended")
        assert isinstance(told, Found | Ended)
        self._searching, self._rests = not isinstance(told, Ended), time.monotonic()
        return told

    def go_on(self) -> None:
        """Ask for the next patch. How long it rested is not taken from its time."""
        self._until += time.monotonic() - self._rests
        try:
            self._connection.send(NEXT)
        except OSError:
            self.close()  # the next `poll` tells that it ended

    def end(self) -> Ended | None:
        """End the search under way; return what it came to, None when there was none."""
        if not self._searching:
            return None
        try:
            self._connection.send(STOP)
            until = time.monotonic() + END_S
            while self._connection.poll(max(0.0, until - time.monotonic())):
                told = self._connection.recv()
                if isinstance(told, Ended):
                    self._searching = False
                    return told
        except (EOFError, OSError):
            pass
        return self._lost("it was killed")

    def close(self) -> None:
        """End the process."""
        self._searching = False
        if self._process is None:
            return
        self._connection.close()
        self._process.kill()
        self._process.wait()
        self._process = None

    def _receive(self, timeout_s: float) -> object:
        if not self._connection.poll(timeout_s):
            return None
        return self._connection.recv()

    def _lost(self, why: str) -> Ended:
        self.close()
        return Ended(0, 0.0, why)


def _kept() -> dict[str, str]:
    """Return what an interpreter needs of the environment: no setting, no key."""
    wanted = ("PATH", "HOME", "VIRTUAL_ENV", "PYTHONPATH", "LANG")
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    return {**kept, "TZ": "UTC"}
