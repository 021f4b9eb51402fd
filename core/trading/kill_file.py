"""Where the kill switch lies, for the gateway that obeys it and the commands that throw it.

A line a reason: whoever resumes reads all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from core.durable import sync_folder

HALT_FILE = "halt"
DAY_FILE = "day.json"
_MOST_BYTES = 4096
_NONE = "no reason given"


def one_line(reason: str) -> str:
    """Return a reason as it stands in the file."""
    text = " ".join(reason.split()) or _NONE
    return text.encode(errors="replace").decode()


def write(path: Path, reason: str) -> bool:
    """Throw the switch, or add a reason to it. False if that stands there already, or the
    file is long enough. OSError if it cannot be written, so that it outlives a power cut.
    """
    line = one_line(reason)
    if not takes(path, line):
        return False
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
    with os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8") as file:
        # First, for `touch` and an editor may have left a line without its end.
        file.write(f"\n{line}" if file.tell() else line)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return True


def takes(path: Path, line: str) -> bool:
    """Tell whether a reason does not stand there yet, and there is room for it."""
    known = _lines(path) or []
    return line not in known and sum(map(len, known)) < _MOST_BYTES


def read(path: Path) -> str | None:
    """Return why it is thrown, every reason of it, None if it is not."""
    lines = _lines(path)
    return None if lines is None else "; ".join(lines) or _NONE


def _lines(path: Path) -> list[str] | None:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError:
        # It is there, and that is what counts.
        return ["the halt file cannot be read"]
    return [one_line(line) for line in text.splitlines() if line.strip()]
