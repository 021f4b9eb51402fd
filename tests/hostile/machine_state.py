"""What a hostile body could leave behind: on the machine, and in the trusted process."""

from __future__ import annotations

import builtins
import decimal
import os
import resource
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from architect.gate.sandbox.zygote_handle import ZygoteHandle

FIRST_UID = 1_800_000_000  # of workers, as architect.gate.sandbox.confine gives them
FOLDERS = ("/", "/tmp", "/var/tmp", "/dev/shm", "~", ".", tempfile.gettempdir())
_MARKS = ("was-here",)


def files() -> set[str]:
    """Return every file that a body may have left, by name or by owner.

    Others may use these folders at the same time, so what is not a body's is not looked
    at: in a folder of its own a row could not know where to write.
    """
    found = set()
    for folder in {Path(name).expanduser().resolve() for name in FOLDERS}:
        if os.access(folder, os.R_OK | os.X_OK):
            found |= {str(path) for path in folder.iterdir() if _is_a_bodys(path)}
    return found


def _is_a_bodys(path: Path) -> bool:
    try:
        owner = path.lstat().st_uid
    except FileNotFoundError:
        return False
    return owner >= FIRST_UID or any(mark in path.name for mark in _MARKS)


def project() -> dict[str, int]:
    """Return the change times of the files that the rows try to change."""
    root = Path(__file__).parents[2]
    watched = [root / "manifest.yaml", *(root / "generated" / "trading").glob("*.py")]
    watched += [
        Path(name).expanduser() for name in ("/etc/profile", "~/.profile", "/tmp")
    ]
    return {
        str(p): p.stat().st_mtime_ns if p.is_file() else p.stat().st_mode
        for p in watched
        if p.exists()
    }


def processes(zygote: ZygoteHandle) -> set[int]:
    """Return the children of a sandbox's parent, orphans of a worker among them, but for
    the one that waits to become the next worker and has run nothing of any body.
    """
    spare = zygote.spare()
    text = Path(f"/proc/{zygote.pid}/task/{zygote.pid}/children").read_text()
    return {int(pid) for pid in text.split()} - {spare}


def trusted() -> dict[str, Any]:
    """Return what a body could change in this process, were it to run here."""
    import hypothesis.internal.conjecture.engine as engine
    import hypothesis.internal.conjecture.providers as providers
    import pytest

    import core.values

    return {
        "modules": set(sys.modules),
        "builtins": dict(vars(builtins)),
        "pytest": {name: id(value) for name, value in vars(pytest).items()},
        "hypothesis": (
            providers.HypothesisProvider._maybe_draw_constant,
            engine.ConjectureRunner.generate_mutations_from,
        ),
        "codec": (core.values.encode, core.values.decode, core.values.difference),
        # pytest names its own phase there.
        "environment": {
            n: v for n, v in os.environ.items() if n != "PYTEST_CURRENT_TEST"
        },
        "folder": os.getcwd(),
        "umask": _umask(),
        "signals": {n: signal.getsignal(n) for n in signal.valid_signals()},
        "timers": [
            signal.getitimer(n) for n in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL)
        ],
        "limits": [resource.getrlimit(n) for n in range(resource.RLIMIT_MEMLOCK)],
        "path": [*sys.path],
        "importers": [*sys.meta_path],
        "hooks": (sys.excepthook, sys.displayhook, sys.gettrace(), sys.unraisablehook),
        "recursion": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits(),
        "decimal": repr(decimal.getcontext()),
        "threads": {t.name for t in threading.enumerate()},
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "session": (os.getsid(0), os.getpgrp(), os.getuid(), os.getgid()),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def _umask() -> int:
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of what differs."""
    return [name for name in before if before[name] != after[name]]
