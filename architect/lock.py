"""One writer a project: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from architect.atomic import write_failed
from core.errors import Busy
from core.project import Project


@contextmanager
def build_lock(project: Project, wait: bool = False) -> Iterator[None]:
    """Hold the project's build lock; Busy names the process that has it."""
    descriptor = _open(project)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            raise Busy(
                f"another run (process {holder or 'unknown'}) is building {project.root}",
                hint="wait for it to end, then run the command again",
            ) from None
        _sign(descriptor, f"{os.getpid()}\n")
        try:
            yield
        finally:
            _sign(descriptor, "")
    finally:
        os.close(descriptor)


def is_building(project: Project) -> bool:
    """Tell whether somebody builds now: for who can wait.

    It takes no lock to look, for a build that began meanwhile would be told that
    another one runs.
    """
    try:
        holder = int((project.data / "build.lock").read_bytes())
        os.kill(holder, 0)
    except PermissionError:
        return True  # another user's
    except (OSError, ValueError, OverflowError):
        return False  # nobody's, or of a process that was killed
    return True


def _open(project: Project) -> int:
    path = project.data / "build.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise write_failed(path, error) from None


def _sign(descriptor: int, whose: str) -> None:
    """Say whose lock it is; on a full disk nobody is named, and it holds all the same."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, whose.encode(), 0)
    except OSError:
        pass
