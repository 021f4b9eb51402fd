"""The last resort against a call that holds the interpreter and cannot be interrupted.

A loop in C that never looks for signals (`sum(range(10**12))`) stops every thread of this
process, and no code of ours can end it. faulthandler's own thread can: it needs no
interpreter. While ours runs it is told so every few seconds; when that stops, it writes
where each thread was and ends the process. Who started the process starts it again, and
the version that hung is not run there.

Waiting for an exchange or a store does not hold the interpreter, however long it takes.
"""

from __future__ import annotations

import faulthandler
import re
import threading
from pathlib import Path
from typing import NamedTuple

from core.project import Project

LIMIT_S = 10.0
EXIT_CODE = 1  # faulthandler's own
_FRAME = re.compile(r'File "generated/\w+/(\w+)\.py@(\w+)", line (\d+)')


def hung_note(project: Project) -> Path:
    """Return where the process that runs modules notes what it hung in."""
    return project.data / "run" / "hung.txt"


class Hung(NamedTuple):
    """The module's version in which a process ended, and the line it was at."""

    module: str
    version: str
    line: int


class HangGuard:
    """Ends this process when its interpreter was held for `limit_s`; see `read_hung`."""

    def __init__(self, path: Path, limit_s: float = LIMIT_S) -> None:
        self._path, self._limit_s = path, limit_s
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = path.open("w", encoding="utf-8")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hang", daemon=True)

    def start(self) -> None:
        """Begin to guard."""
        self._thread.start()

    def stop(self) -> None:
        """Stop guarding; nothing is left of it."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        faulthandler.cancel_dump_traceback_later()
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._closing.is_set():
            faulthandler.dump_traceback_later(self._limit_s, exit=True, file=self._file)
            self._closing.wait(self._limit_s / 5)


def read_hung(path: Path) -> Hung | None:
    """Return what an earlier process hung in, None where it did not; forgets it then."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    path.unlink()
    found = _FRAME.search(text)  # the innermost call comes first
    return Hung(found[1], found[2], int(found[3])) if found else None
