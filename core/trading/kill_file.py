"""Where the kill switch lies, for the gateway that obeys it and the commands that throw it."""

from __future__ import annotations

import os
from pathlib import Path

HALT_FILE = "halt"
DAY_FILE = "day.json"


def write(path: Path, reason: str) -> bool:
    """Throw the switch; the first reason stays. False if it was thrown already."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(reason)
    return True


def read(path: Path) -> str | None:
    """Return why it is thrown, None if it is not."""
    try:
        return path.read_text(encoding="utf-8").strip() or "no reason given"
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        # It is there, and that is what counts.
        return "the halt file cannot be read"
