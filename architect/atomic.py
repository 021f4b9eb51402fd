"""Files that are either the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from core.errors import ArchitectError


def write(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temp file in the same folder, fsync, rename, fsync.

    A full disk or a read-only folder is an ArchitectError, and `path` is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise ArchitectError(f"cannot write {path}: {error.strerror}", hint=_hint(error)) from None


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hint(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free some disk space, then run the command again: nothing is lost"
    return "give this user the right to write there"


def remove_leftovers(folder: Path) -> None:
    """Delete temp files that a killed run left in `folder`."""
    for path in folder.glob(".*.*"):
        if path.is_file() and len(path.suffix) == 9:
            path.unlink(missing_ok=True)
