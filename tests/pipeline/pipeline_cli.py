"""The command line as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def command(*words: object) -> list[str]:
    """Return the words that run `architect`."""
    return [sys.executable, "-m", "architect", *map(str, words)]


def architect(
    folder: Path, *words: object, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder."""
    return subprocess.run(
        command(*words),
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )
