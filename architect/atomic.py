"""Files that are either the old one or the new one, never half of one.

What a killed process leaves behind carries its process id, so the next run knows which
temp files nobody will finish.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from pathlib import Path

from core.durable import sync_folder
from core.errors import WriteFailed

_LEFTOVER = re.compile(r"\..+\.(\d+)-[0-9a-f]{8}\.tmp\Z")
_HINTS = {
    errno.ENOSPC: "free some disk space, then run the command again: nothing is lost",
    errno.EDQUOT: "free some of your quota, then run the command again: nothing is lost",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f), then run the command again",
    errno.EROFS: "mount it writable, then run the command again",
}


def write(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temp file in the same folder, fsync, rename, fsync.

    WriteFailed on a full disk or without the right to write; `path` is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise write_failed(path, error) from None


def write_failed(path: Path, error: OSError) -> WriteFailed:
    """Return the error for a file that could not be written, with what mends it."""
    hint = _HINTS.get(
        error.errno or 0, f"give this user the right to write {path.parent}"
    )
    return WriteFailed(f"cannot write {path}: {error.strerror}", hint=hint)


def _replace(path: Path, data: bytes) -> None:
    temp = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    # By hand, not by tempfile: so the mode follows the user's umask.
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if path.exists():
                os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temp, path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_leftovers(folder: Path, deep: bool = False) -> None:
    """Delete temp files of ended processes in `folder`; with `deep`, below it too."""
    for path in folder.rglob(".*.tmp") if deep else folder.glob(".*.tmp"):
        made = _LEFTOVER.match(path.name)
        if made and not _runs(int(made[1])):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
