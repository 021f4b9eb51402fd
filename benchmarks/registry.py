"""Swaps and roll backs of live modules: how long, and whether a call is lost or torn.

    .venv/bin/python benchmarks/registry.py [--json FILE]

A swap is `Registry.accept`: hash, compile, run, and one assignment. Its reference is
importlib.reload of the same text in the same run. Times are of the CPU, garbage collection
included, so that other programs on the machine do not count; the median by the clock
stands beside. "Torn" is a call whose answer, whose
version of a used module or whose reflection does not belong together.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from figures import ROOT, Figure, main

from core.containment import Containment
from core.manifest import Entry, sha256
from core.registry import Registry
from core.wrapper import Reflection, hooks

OBJECTS, SWAPS, CALLS, THREADS = 5_000_000, 1000, 1_000_000, 8
INNER = """
from core.wrapper import module

@module(kind="function")
def inner(x: int) -> int:
    return {number}

__all__ = ["inner"]
"""
OUTER = """
from core.wrapper import module
from generated.trading.inner import inner

@module(kind="function", requires=["x >= 0"], ensures=["len(result) == 3"])
def outer(x: int) -> tuple[int, int, int]:
    return ({number}, inner(x), x)

__all__ = ["outer"]
"""
FAILING = """
from core.wrapper import module

@module(kind="function", requires=["x >= 0"], ensures=["len(result) == 3"])
def outer(x: int) -> tuple[int, int, int]:
    raise ValueError({number})

__all__ = ["outer"]
"""


def accept(registry: Registry, name: str, text: str) -> str:
    """Make a version live; return its id."""
    source = text.encode()
    entry = Entry("function", (), "s", "p", "i", "", "", "b", sha256(source), "hand", 1)
    return registry.accept(name, entry, source).id


def fresh() -> Registry:
    """Return a registry with the first versions of both modules."""
    registry = Registry(ROOT)
    accept(registry, "inner", INNER.format(number=0))
    accept(registry, "outer", OUTER.format(number=0))
    return registry


def percentile(times: list[float], share: float) -> float:
    """Return a percentile of some times."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def timed(
    run: Callable[[], Any], clock: Callable[[], float] = time.thread_time
) -> float:
    """Return the milliseconds of one run, of this thread's CPU unless by another clock."""
    started = clock()
    run()
    return (clock() - started) * 1000


class Timed(Registry):
    """A registry that notes how long the swap alone took: from made to live."""

    swap_ms: list[float]

    def _publish(self, versions: Any) -> None:
        self.swap_ms.append(timed(lambda: super(Timed, self)._publish(versions)))


def swaps_alone(count: int) -> list[float]:
    """Return the ms of each swap without making the version."""
    registry = Timed(ROOT)
    registry.swap_ms = []
    accept(registry, "inner", INNER.format(number=0))
    for number in range(count):
        accept(registry, "outer", OUTER.format(number=number))
    return registry.swap_ms


def swaps(count: int, clock: Callable[[], float] = time.thread_time) -> list[float]:
    """Return the ms of each swap, compiling included."""
    registry = fresh()
    texts = [OUTER.format(number=number) for number in range(count)]
    return [timed(lambda t=text: accept(registry, "outer", t), clock) for text in texts]


def reloads(count: int) -> list[float]:
    """Return the ms of each importlib.reload of the same texts."""
    with tempfile.TemporaryDirectory(prefix="architect-bench-") as folder:
        sys.path.insert(0, folder)
        path = Path(folder, "reloaded_module.py")
        plain = OUTER.replace(
            "from generated.trading.inner import inner", "inner = int"
        )
        times = []
        try:
            path.write_text(plain.format(number=-1))
            module = importlib.import_module("reloaded_module")
            for number in range(count):
                path.write_text(plain.format(number=number))
                os.utime(path, (number, number))
                times.append(timed(lambda: importlib.reload(module)))
        finally:
            sys.path.remove(folder)
            sys.modules.pop("reloaded_module", None)
        return times


def roll_backs(count: int) -> list[float]:
    """Return the ms of calls that failed, rolled back and were answered by the version before."""
    registry = fresh()
    containment = Containment(registry, lambda report: None)
    hooks.contain = containment.handle
    times = []
    try:
        for number in range(1, count + 1):
            accept(registry, "outer", FAILING.format(number=number))
            times.append(timed(lambda: registry["outer"](1)))
            assert registry["outer"](1) == (0, 0, 1)
    finally:
        hooks.reset()
    return times


class Storm:
    """Threads that call while versions are swapped; what they saw is counted."""

    def __init__(self, calls: int, swap_count: int) -> None:
        self.registry = fresh()
        self.calls_each, self.swap_count = calls // THREADS, swap_count
        self.versions = {
            ("outer", self._id("outer")): 0,
            ("inner", self._id("inner")): 0,
        }
        self.answered: Counter[int] = Counter()
        self.mixed_ticks = self.wrong = 0
        self.kept: deque[Reflection] = deque()
        self.swap_ms: list[float] = []
        self._lock = threading.Lock()

    def _id(self, name: str) -> str:
        return self.registry.version(name).id

    def run(self) -> None:
        """Call from all threads, swap from this one, then compare what was noted."""
        hooks.append = self.kept.append
        threads = [
            threading.Thread(target=self._call, args=(i,)) for i in range(THREADS)
        ]
        try:
            for thread in threads:
                thread.start()
            number = 0
            while number < self.swap_count or any(t.is_alive() for t in threads):
                number += 1
                self._swap(number)
            for thread in threads:
                thread.join()
            self.swap_count = number
        finally:
            hooks.reset()
        self._compare()

    def _swap(self, number: int) -> None:
        name, text = ("outer", OUTER) if number % 2 else ("inner", INNER)
        source = text.format(number=number)
        # Known before it is live: a call may be noted at once.
        self.versions[name, sha256(source)[:12]] = number
        self.swap_ms.append(timed(lambda: accept(self.registry, name, source)))
        time.sleep(0.001)

    def _call(self, seed: int) -> None:
        """Call in ticks of ten; within a tick both versions must stay the same."""
        outer, mixed, wrong = self.registry["outer"], 0, 0
        for start in range(0, self.calls_each, 10):
            with self.registry.tick():
                seen = [outer(start + i) for i in range(10)]
            mixed += len({answer[:2] for answer in seen}) > 1
            wrong += [answer[2] for answer in seen] != list(range(start, start + 10))
        with self._lock:
            self.answered[seed] += self.calls_each
            self.mixed_ticks += mixed
            self.wrong += wrong

    def _compare(self) -> None:
        """Compare each reflection's version with the number that its version answers."""
        self.noted = Counter(record[1] for record in self.kept)
        for _, name, version, _, _, outcome, _, _, result in self.kept:
            number = result[0] if name == "outer" else result
            self.wrong += outcome != "ok" or self.versions[name, version] != number


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield times and counts."""
    objects, count, calls = OBJECTS, SWAPS, CALLS
    if options.quick:
        objects, count, calls = 10_000, 20, 4000
    few = max(count // 10, 5)
    live = [[number] for number in range(objects)]
    gc.collect()
    theirs = percentile(reloads(few), 0.99)
    part, named = "registry", f"swap with {objects:,} live objects, compiling included"
    high = percentile(swaps(count), 0.99)
    alone = percentile(swaps_alone(count), 0.99)
    yield Figure(part, f"swap alone with {objects:,} live objects, p99", alone, "ms",
                 goal="under 1 ms", met=alone < 1)  # fmt: skip
    yield Figure(part, f"{named}, p99", high, "ms", "importlib.reload, p99", theirs)
    middle = percentile(swaps(count, time.perf_counter), 0.5)
    yield Figure(part, f"{named}, median by the clock", middle, "ms")
    back = percentile(roll_backs(few), 0.99)
    yield Figure(part, "failed call, roll back and right answer, p99", back, "ms",
                 goal="under 10 ms", met=back < 10)  # fmt: skip
    del live
    storm = Storm(calls, count)
    storm.run()
    total = sum(storm.answered.values())
    lost = 2 * total - sum(storm.noted.values())
    what = f"of {total:,} calls from {THREADS} threads over {storm.swap_count:,} swaps"
    yield Figure(part, f"{what}: lost", lost, "", goal="none", met=lost == 0)
    yield Figure(
        part, f"{what}: torn", storm.wrong, "", goal="none", met=not storm.wrong
    )
    yield Figure(part, f"{what}: ticks with two versions", storm.mixed_ticks, "",
                 goal="none", met=not storm.mixed_ticks)  # fmt: skip
    under = percentile(storm.swap_ms, 0.99)
    yield Figure(
        part, "a swap while those threads call, p99 (it waits for them)", under, "ms"
    )


if __name__ == "__main__":
    main("registry", measure)
