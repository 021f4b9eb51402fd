"""The kill switch: while its file exists, nothing new is opened; exits still pass.

A file, so that it outlives the gateway, and so that `touch` is enough in a hurry. What a
disk does not take holds in memory until it is written or resumed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from core.errors import Halted
from core.trading import kill_file

_HINT = "architect resume, when the cause is mended"


class KillSwitch:
    """Halted or not, with the reasons. `on_halt` is told of each new one. Thread-safe."""

    def __init__(
        self, path: Path, on_halt: Callable[[str], None] = lambda reason: None
    ) -> None:
        self._path, self._on_halt = path, on_halt
        self._unwritten: list[str] = []
        self._there = False
        self._lock = threading.Lock()

    def halt(self, reason: str) -> None:
        """Stop new risk; a reason that stands already is not told again."""
        line = kill_file.one_line(reason)
        with self._lock:
            self._look()
            new = line not in self._unwritten and kill_file.takes(self._path, line)
            if new:
                self._unwritten.append(line)
            failed = self._write()
        if new and failed is not None:
            with contextlib.suppress(OSError):
                print(f"gateway: the halt is not written: {failed}", file=sys.stderr)
        if new:
            self._on_halt(line)

    def resume(self) -> None:
        """Allow new risk again."""
        with self._lock:
            self._unwritten.clear()
            # A file system that is read-only refuses this also where there is no file.
            if os.path.lexists(self._path):
                self._path.unlink(missing_ok=True)

    def reason(self) -> str | None:
        """Return why it is halted, None if it is not."""
        with self._lock:
            self._look()
            self._write()
            told = [kill_file.read(self._path), *self._unwritten]
        return "; ".join(filter(None, told)) or None

    def check(self) -> None:
        """Raise Halted while it is."""
        if (reason := self.reason()) is not None:
            raise Halted(
                f"halted ({reason}): only reduce-only orders and cancels pass",
                hint=_HINT,
            )

    def _look(self) -> None:
        """Forget what is not written if a person has taken the file away."""
        there = os.path.lexists(self._path)
        if self._there and not there:
            self._unwritten.clear()
        self._there = there

    def _write(self) -> OSError | None:
        """Write what is not written yet: whoever resumes reads the file."""
        try:
            while self._unwritten:
                kill_file.write(self._path, self._unwritten[0])
                del self._unwritten[0]
        except OSError as error:
            return error
        finally:
            self._there = os.path.lexists(self._path)
        return None
