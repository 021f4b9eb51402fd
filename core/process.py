"""What a long-lived process does about signals, its parent, sleep and prying eyes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import threading
import time
from pathlib import Path

_PR_SET_DUMPABLE = 4


def stop_event() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event


def hide_memory() -> None:
    """Keep other processes of this user from reading our memory and environment.

    The runtime runs as the same user, and the keys are here. Where the kernel lacks
    the call nothing is lost but this layer.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def boot_s() -> float:
    """Return seconds that also pass while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def run_in_utc() -> None:
    """Take UTC for the local time, as where modules are judged; commands print none."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def limit_memory(more: int) -> None:
    """Let this process map at most `more` bytes more than now; beyond is a MemoryError.

    A smaller limit that it has already is kept.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    wanted = pages * resource.getpagesize() + more
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *known]), hard))


def stop_with_parent(parent: int, event: threading.Event) -> None:
    """Set the event when process `parent` ends.

    Not PR_SET_PDEATHSIG: that fires when the parent's *thread* ends.
    """
    try:
        descriptor = os.pidfd_open(parent)
    except OSError:
        descriptor = -1
    if os.getppid() != parent:
        event.set()
    threading.Thread(
        target=_watch, args=(parent, descriptor, event), daemon=True
    ).start()


def end_with_parent(parent: int, event: threading.Event) -> None:
    """Set the event when process `parent` ends, and send this one SIGTERM: it may wait for
    what the event does not end.
    """
    stop_with_parent(parent, event)

    def end() -> None:
        event.wait()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, daemon=True).start()


def _watch(parent: int, descriptor: int, event: threading.Event) -> None:
    if descriptor >= 0:
        select.select([descriptor], [], [])
    else:
        while os.getppid() == parent and not event.wait(0.5):
            pass
    event.set()
