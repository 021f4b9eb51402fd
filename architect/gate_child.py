"""The hold on one gate in a process of its own: an order out, an answer back.

When this end goes, however it goes, that process ends too.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe

from architect.gate_process import Answer, Order
from core.errors import GateError


class GateChild:
    """One gate that is started at once and warm within a second; close it when done.

    It has one order at hand at a time.
    """

    def __init__(self, package: str) -> None:
        mine, theirs = Pipe()
        number = theirs.fileno()
        command = [sys.executable, "-m", "architect.gate_process", str(number), package]
        # A session of its own: Ctrl-C at the terminal reaches us, and we end it.
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=(number,), start_new_session=True
        )  # fmt: skip
        theirs.close()
        self.connection: Connection = mine

    def send(self, order: Order) -> None:
        """Begin with an order."""
        with contextlib.suppress(OSError):  # it has ended: `receive` tells so
            self.connection.send(order)

    def receive(self) -> Answer:
        """Wait for the answer; a GateError where the process has ended."""
        try:
            answer: Answer = self.connection.recv()
        except (EOFError, OSError):
            code = self.process.wait()
            return GateError(
                f"a gate process ended with code {code}", hint="run the command again"
            )
        return answer

    def kill(self) -> None:
        """End it, also in the middle of an order; `close` waits until it is gone."""
        self.connection.close()
        self.process.kill()

    def close(self) -> None:
        """End it and wait until it is gone."""
        self.kill()
        self.process.wait()
