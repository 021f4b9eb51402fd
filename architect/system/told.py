"""What a person has been told of, kept over a restart so that nothing is told twice.

A thing is noted when somebody has taken the message, not when it was sent off: one that is
killed in between tells it again, which is better than never.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from architect import atomic
from core.errors import WriteFailed

FILE = "told.json"


class Told:
    """The last day of each account that was summed up, and the halt that stands. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._days, self._halt = _read(path)

    @property
    def halt(self) -> str | None:
        """Why it was halted when a person was told last, None if entries were allowed."""
        return self._halt

    def day(self, account: str) -> int:
        """Return the last day (since 1970) that was told of an account, 0 if none was."""
        return self._days.get(account, 0)

    def note_halt(self, reason: str | None) -> None:
        """Remember a halt that was told, or with None its end."""
        with self._lock:
            self._halt = reason
            self._write()

    def note_day(self, account: str, day: int) -> None:
        """Remember a day that was told."""
        with self._lock:
            self._days[account] = max(day, self._days.get(account, 0))
            self._write()

    def _write(self) -> None:
        text = json.dumps({"days": self._days, "halt": self._halt}) + "\n"
        try:
            atomic.write(self._path, text.encode())
        except WriteFailed as error:
            note = f"note: {error}: what a person was told may be told again"
            print(note, file=sys.stderr, flush=True)


def _read(path: Path) -> tuple[dict[str, int], str | None]:
    """Return what a file remembers; one that is not ours to read remembers nothing."""
    try:
        found: Any = json.loads(path.read_bytes())
        days = {str(name): int(day) for name, day in found["days"].items()}
        halt = found["halt"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, None
    return days, halt if isinstance(halt, str) else None
