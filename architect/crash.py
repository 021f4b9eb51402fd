"""Where the traceback of a fault of our own goes: into a file, free of keys."""

from __future__ import annotations

import contextlib
import tempfile
import traceback
from pathlib import Path

from architect.secrets import Secrets
from core.config import open_project
from core.environment import read_environment
from core.errors import ArchitectError

NAME = "crash.log"


def told(error: Exception) -> tuple[str, str]:
    """Write the traceback to .architect/crash.log; return what to say, and the hint.

    Outside a project, or where that cannot be written, it goes into a temp file.
    """
    try:
        project = open_project()
        folder, settings = project.data, project.root / ".env"
        secrets = Secrets(tuple(read_environment(settings).secrets()))
    except ArchitectError:
        folder, secrets = None, Secrets(tuple(read_environment(None).secrets()))
    text = secrets.scrub("".join(traceback.format_exception(error)))
    said = secrets.scrub(f"{type(error).__name__}: {error}")
    try:
        return said, f"the traceback is in {_written(folder, text)}: please report it"
    except OSError:
        return said, f"please report this:\n{text}"


def _written(folder: Path | None, text: str) -> Path:
    if folder is not None:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / NAME).write_text(text, encoding="utf-8")
            return folder / NAME
    descriptor, name = tempfile.mkstemp(prefix="architect-", suffix=f"-{NAME}")
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
