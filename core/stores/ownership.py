"""One owner for a data folder at a time, even after kill -9 and reused process ids.

The lock is a flock that the keeper and the servers hold, so it is free exactly when the
last process of the pair is gone. The file's text says who asked for it, by process id
and start time; a number alone may belong to somebody else by now.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

from core.errors import Busy

DRAIN_TIMEOUT_S = 20.0
GRACE_S = 0.3  # a process that was sent SIGKILL lives on for a moment


def take(data_dir: Path) -> int:
    """Return the locked file descriptor of `data_dir`; the caller closes it.

    Servers whose owner was killed are on their way out: they are waited for. Raises
    Busy when the owner lives, or when they do not end in time.
    """
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    begun = time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = read_owner(lock)
            patience = DRAIN_TIMEOUT_S if owner is None else GRACE_S
            if time.monotonic() - begun < patience:
                time.sleep(0.01)
                continue
            os.close(lock)
            raise busy(data_dir, owner) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps([os.getpid(), started(os.getpid())]).encode(), 0)
        return lock


def busy(data_dir: Path, owner: int | None) -> Busy:
    """Return the error for a data folder that is in use."""
    if owner is None:
        return Busy(
            f"servers of an earlier run still use {data_dir}",
            hint=f"fuser -v {data_dir / 'lock'} names them; end them, then try again",
        )
    return Busy(
        f"the stores in {data_dir} are in use by process {owner}",
        hint=f"wait for it, or stop it: kill {owner}",
    )


def read_owner(lock: int) -> int | None:
    """Return the process that took the lock, or None when it is gone."""
    try:
        pid, since = json.loads(os.pread(lock, 200, 0))
    except ValueError:  # between taking the lock and writing its name
        return None
    return pid if is_alive(pid, since) else None


def is_alive(pid: int, since: int) -> bool:
    """Whether `pid` is still the process that started at `since`."""
    return since == started(pid) != 0


def started(pid: int) -> int:
    """Return the start time of `pid` in clock ticks; 0 for none, and for a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return 0 if fields[0] in "ZX" else int(fields[19])
