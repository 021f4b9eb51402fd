"""Rebuilding, swapping in and starting: what a person waits for.

    .venv/bin/python benchmarks/build.py [--json FILE]

Of programs their CPU time, which on an idle machine is about what a person waits; the
references are measured in the same run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from figures import ROOT, Figure, main

from core.manifest import Entry, Manifest, read_manifest, render_manifest, sha256
from core.registry import Registry
from core.watcher import Watcher

PART = "build"
ARCHITECT = Path(sys.executable).with_name("architect")
MODULE = """
from core.wrapper import module

@module(kind="function", requires=["x >= 0"])
def halve(x: int) -> int:
    return x // 2 + {number} * 0

__all__ = ["halve"]
"""


def seconds(*command: str) -> float:
    """Return the CPU seconds of a command that must succeed."""
    before = os.times()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def median(times: int, *command: str) -> float:
    """Return the median of some runs."""
    return statistics.median(seconds(*command) for _ in range(times))


def rebuild() -> tuple[float, int]:
    """Return seconds to make all modules again from specs and replies, and how many."""
    modules = read_manifest(ROOT / "manifest.yaml").modules
    with tempfile.TemporaryDirectory(prefix="architect-bench-") as folder:
        took = seconds(str(ARCHITECT), "rebuild", "--into", folder)
        made = len(list(Path(folder).rglob("*.py")))
    assert made >= len(modules), f"{made} of {len(modules)} modules"
    return took, len(modules)


def swaps(count: int) -> list[float]:
    """Return ms from a file and its manifest in place to the new version being called."""
    with tempfile.TemporaryDirectory(prefix="architect-bench-") as folder:
        root = Path(folder)
        modules = root / "generated" / "trading"
        modules.mkdir(parents=True)
        _accept(root, 0)
        registry = Registry(modules)
        registry.load(read_manifest(root / "manifest.yaml"))
        live = threading.Event()
        watcher = Watcher(
            registry,
            root / "manifest.yaml",
            lambda name, version: live.set(),
            lambda name, digest: None,
            lambda text: None,
            root / "pending.json",
        )
        watcher.start()
        try:
            return [_swap(root, live, number) for number in range(1, count + 1)]
        finally:
            watcher.stop()


def _swap(root: Path, live: threading.Event, number: int) -> float:
    live.clear()
    started = time.perf_counter()
    _accept(root, number)
    assert live.wait(10), "it did not go live"
    return (time.perf_counter() - started) * 1000


def _accept(root: Path, number: int) -> None:
    """Write a version and then the manifest that knows it, as the file creator does."""
    text = MODULE.format(number=number)
    entry = Entry("function", (), "s", "p", "i", "", "", "b", sha256(text), "hand", 1)
    manifest: Any = Manifest({"halve": entry})
    for path, content in (
        (root / "generated" / "trading" / "halve.py", text),
        (root / "manifest.yaml", render_manifest(manifest)),
    ):
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(content)
        beside.replace(path)


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield the times."""
    runs, swap_count = (1, 3) if options.quick else (7, 50)
    empty = median(runs, sys.executable, "-c", "pass") * 1000
    helped = median(runs, str(ARCHITECT), "--help") * 1000
    yield Figure(PART, "architect --help", helped, "ms", "an empty Python program", empty,
                 "under 150 ms", helped < 150)  # fmt: skip
    if importlib.util.find_spec("pandas") and not options.quick:
        heavy = median(3, sys.executable, "-c", "import pandas") * 1000
        yield Figure(PART, "architect --help", helped, "ms", "import pandas", heavy)
    times = swaps(swap_count)
    yield Figure(PART, "accepted file in place to new version live, median",
                 statistics.median(times), "ms")  # fmt: skip
    if options.quick:
        return
    verify = seconds(str(ARCHITECT), "verify")
    yield Figure(PART, "architect verify", verify, "s")
    took, count = rebuild()
    yield Figure(PART, f"rebuild of {count} modules from replies", took, "s",
                 goal="under 10 s", met=took < 10)  # fmt: skip


if __name__ == "__main__":
    main(PART, measure)
