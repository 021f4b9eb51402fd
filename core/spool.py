"""Batches on disk while Postgres is away, in the order in which they were made.

One folder for each writer, locked by the process that fills it; those of processes that
died are adopted. A batch is a file named by its number and its rows, there whole or not
at all, and removed only when Postgres has it. The whole spool is bounded in bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch in the spool."""

    writer: UUID
    number: int
    rows: int
    size: int
    path: Path


class Spool:
    """The batches that wait on disk, oldest first."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.writer = uuid4()
        self._own = folder / str(self.writer)
        self._own.mkdir(parents=True, mode=0o700)
        self._locks = {self._own: lock(self._own)}
        self._max_bytes = max_bytes
        self._bytes = 0
        self._batches: deque[Batch] = deque()
        for other in sorted(folder.iterdir()):
            if other != self._own and other.is_dir():
                self._adopt(other)

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def rows(self) -> int:
        """How many rows wait."""
        return sum(batch.rows for batch in self._batches)

    def _adopt(self, folder: Path) -> None:
        """Take over the batches of a writer that is gone."""
        try:
            writer = UUID(folder.name)
            self._locks[folder] = lock(folder)
        except (ValueError, BlockingIOError, FileNotFoundError):
            return
        for path in sorted(folder.glob("*.copy")):
            number, rows = path.stem.split("-")
            size = path.stat().st_size
            self._batches.append(Batch(writer, int(number), int(rows), size, path))
            self._bytes += size

    def put(self, number: int, rows: int, payload: bytes) -> bool:
        """Keep a batch; False when the bound or the disk does not allow it."""
        if self._bytes + len(payload) > self._max_bytes:
            return False
        path = self._own / f"{number:012d}-{rows}.copy"
        new = path.with_suffix(".new")
        try:
            new.write_bytes(payload)
            new.replace(path)
        except OSError:
            with contextlib.suppress(OSError):  # a disk that is read-only keeps it
                new.unlink(missing_ok=True)
            return False
        self._bytes += len(payload)
        self._batches.append(Batch(self.writer, number, rows, len(payload), path))
        return True

    def oldest(self) -> Batch | None:
        """Return the batch that has waited longest."""
        return self._batches[0] if self._batches else None

    def remove(self, batch: Batch) -> None:
        """Forget `batch`, the oldest one."""
        self._batches.popleft()
        self._bytes -= batch.size
        # One that stays is sent again by who adopts it, and known by its number.
        with contextlib.suppress(OSError):
            batch.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of all folders; those that hold nothing are removed."""
        for folder, descriptor in self._locks.items():
            if not any(folder.glob("*.copy")):
                shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
        self._locks = {}


def lock(folder: Path) -> int:
    """Return a descriptor that locks `folder`; raise BlockingIOError if it is taken."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor
