"""A child process that speaks JSON lines: started, awaited, listened to, stopped.

Each child is in a session of its own, so that Ctrl-C reaches only us and we stop the
children in order; each watches for our end, so that none is left when we are killed.
"""

from __future__ import annotations

import errno
import json
import os
import queue
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import ArchitectError

Line = dict[str, Any]
# How long one may take to be ready.
START_S = 30.0
# What every child needs of our environment, and nothing else: no key of ours goes on.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")
# Modules see the zone that they were judged in, whatever the machine's is, and sets of texts
# in the order that they had there: with another seed a body that takes one by its place would
# take another.
JUDGED_IN = {"TZ": "UTC", "PYTHONHASHSEED": "0"}


class ChildFailed(ArchitectError):
    """A process of the system did not start, or ended before its time."""


class Child:
    """One process of the system; `on_line` is called on a thread with each JSON line."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[Line], None] | None = None,
    ) -> None:
        self.name, self.log = name, log
        self._on_line = on_line
        self._ready: queue.Queue[Line | None] = queue.Queue()
        self.last: deque[Line] = deque(maxlen=1)
        log.parent.mkdir(parents=True, exist_ok=True)
        # What stands before it is of earlier runs.
        self._log_start = log.stat().st_size if log.exists() else 0
        passed = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**passed, **JUDGED_IN, **(environment or {})},
                start_new_session=True,
            )
        self._reader = threading.Thread(
            target=self._read, name=f"{name}-reader", daemon=True
        )
        try:
            self._reader.start()
        except RuntimeError as error:
            # No room for a thread more: nobody would hear the process, or ever end it.
            self._process.kill()
            self._process.communicate()
            raise BlockingIOError(errno.EAGAIN, f"{name}: {error}") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        first = True
        with self._process.stdout as lines:
            for raw in lines:
                line = _parsed(raw)
                if line is None:
                    continue
                self.last.append(line)
                if first:
                    first = False
                    self._ready.put(line)
                elif self._on_line is not None:
                    self._told(line)
        self._ready.put(None)

    def _told(self, line: Line) -> None:
        assert self._on_line is not None
        try:
            self._on_line(line)
        except Exception:
            # Nobody else empties the pipe: a full one would stop the child.
            traceback.print_exc()

    def ready(self, timeout_s: float = START_S) -> Line:
        """Wait for its first line; ChildFailed with its last words otherwise."""
        try:
            line = self._ready.get(timeout=timeout_s)
        except queue.Empty:
            line = None
        if line is None:
            raise ChildFailed(f"{self.name} did not start: {self.last_words()}",
                              hint=f"the whole log: {self.log}")  # fmt: skip
        return line

    @property
    def running(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end; return the exit code once all its lines were read."""
        code = self._process.wait(timeout_s)
        self._reader.join(5)
        return code

    def last_words(self) -> str:
        """Return the last lines of its log, of those that are its own."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._log_start)
                text = log.read().decode(errors="replace").strip()
        except OSError:
            return "it said nothing"
        return " / ".join(text.splitlines()[-3:]) or "it said nothing"

    def stop(self, timeout_s: float = 8.0) -> None:
        """Ask it to end, then make it."""
        self.ask_to_stop()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(2)

    def ask_to_stop(self) -> None:
        """Send SIGTERM, without waiting; harmless when it has ended."""
        if self.running:
            self._process.terminate()


def _parsed(raw: bytes) -> Line | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
