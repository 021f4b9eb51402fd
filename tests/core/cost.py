"""What a call costs, where a test holds it against what another costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def best_ns(calls: list[Callable[..., Any]], *args: Any) -> list[float]:
    """Return the least time of each call, in ns, with the same arguments.

    They take turns, so that a machine which slows down on the way slows all of them.
    """
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(15):
        for call, seen in zip(calls, times, strict=True):
            started = time.perf_counter_ns()
            for _ in range(3000):
                call(*args)
            seen.append((time.perf_counter_ns() - started) / 3000)
    return [min(seen) for seen in times]
