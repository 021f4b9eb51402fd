"""One writer a project: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import Busy
from core.project import Project


@contextmanager
def build_lock(project: Project, wait: bool = False) -> Iterator[None]:
    """Hold the project's build lock; Busy names the process that has it."""
    project.data.mkdir(parents=True, exist_ok=True)
    path = project.data / "build.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise Busy(
                f"another run (process {holder}) is building {project.root}",
                hint="wait for it to end, then run the command again",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
