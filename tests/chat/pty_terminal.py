"""A real terminal for tests: a pseudo terminal with an emulator that keeps its screen.

with Terminal("architect", "chat") as terminal:
    terminal.until("\n>")
    terminal.type("hello\\r")
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import pyte

ROWS, COLUMNS = 50, 110
ENTER, CTRL_C, CTRL_D, TAB, UP, ALT_ENTER = (
    "\r",
    "\x03",
    "\x04",
    "\t",
    "\x1b[A",
    "\x1b\r",
)


class Terminal:
    """One command on a terminal of its own; `text` is what was ever on its screen."""

    def __init__(
        self,
        *words: str,
        cwd: Path,
        term: str = "xterm-256color",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LLM_")}
        kept.pop("NO_COLOR", None)
        self._screen = pyte.HistoryScreen(COLUMNS, ROWS, history=5000)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:  # the child becomes the command
            os.chdir(cwd)
            # As a shell does: what runs in the background is started with it ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            environment = {**kept, "TERM": term, **(settings or {})}
            command = [sys.executable, "-m", "architect", *words]
            os.execvpe(command[0], command, environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
        self.code: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._terminal, text.encode())

    @property
    def screen(self) -> str:
        """What is on the screen now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def text(self) -> str:
        """What has left the screen at its top, and what is on it."""
        gone = [
            "".join(row[column].data for column in range(COLUMNS)).rstrip()
            for row in self._screen.history.top
        ]
        return "\n".join([*gone, self.screen])

    def until(self, words: str, timeout_s: float = 120.0, count: int = 1) -> None:
        """Read until the text holds words (so often); shows the screen if it does not."""
        end = time.monotonic() + timeout_s
        while self.text.count(words) < count:
            assert time.monotonic() < end, f"no {words!r} in:\n{self.text}"
            if not self._read():
                assert self.text.count(words) >= count, f"ended:\n{self.text}"
                return

    def end(self, timeout_s: float = 60.0) -> int:
        """Read until the command ends; return its exit code."""
        end = time.monotonic() + timeout_s
        while self._read():
            assert time.monotonic() < end, f"it goes on:\n{self.text}"
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def _read(self) -> bool:
        """Take what there is, for a moment; False at the end."""
        if not select.select([self._terminal], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            return False
        self._stream.feed(data)
        # prompt_toolkit asks where the cursor is, as it may of any terminal.
        if b"\x1b[6n" in data:
            row, column = self._screen.cursor.y + 1, self._screen.cursor.x + 1
            self.type(f"\x1b[{row};{column}R")
        return bool(data)
