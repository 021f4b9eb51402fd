"""How long the whole system takes to start trading, and to end.

    .venv/bin/python benchmarks/start.py [--json FILE]

`architect up` on a copy of the project, with stores of its own: once with everything to
be made, then again. By the clock, for that is what a person waits by; the CPU time of all
its processes together stands beside it, for it is what an idle machine would need at least.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from figures import ROOT, Figure, main

sys.path.insert(0, str(ROOT / "tests"))

from running_system import Command, copy_project, descendants

PART = "start"


def start(root: Path) -> tuple[float, float, float]:
    """Return seconds until it trades, by the clock and of all CPUs, and seconds to its end."""
    begun = time.perf_counter()
    with Command("up", "--root", str(root), "--no-watch") as up:
        up.until("trading;")
        waited, spent = time.perf_counter() - begun, cpu_seconds(up.process.pid)
        ending = time.perf_counter()
        up.ctrl_c()
        assert up.end() == 0, up.text
        return waited, spent, time.perf_counter() - ending


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds so far of a process and all below it, ended ones included."""
    ticks = 0
    for process in {pid} | {found for found, _ in descendants(pid)}:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            stat = Path(f"/proc/{process}/stat").read_text()
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield the times."""
    with tempfile.TemporaryDirectory(prefix="architect-bench-") as folder:
        Path(folder).chmod(0o711)  # the stores run as another user
        root = copy_project(Path(folder, "project"))
        for name in ("first start", "again")[: 1 if options.quick else 2]:
            waited, spent, ended = start(root)
            what = f"architect up until it trades, {name}"
            yield Figure(PART, what, waited, "s")
            yield Figure(PART, f"{what}: CPU of all its processes", spent, "s")
        yield Figure(PART, "Ctrl-C until all have ended", ended, "s")


if __name__ == "__main__":
    main(PART, measure)
