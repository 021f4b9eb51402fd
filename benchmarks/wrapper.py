"""What the wrapper adds to a call, beside other ways of checking or noting one.

    .venv/bin/python benchmarks/wrapper.py [--peers] [--json FILE]

A pure function of two floats with two requires, one ensures and a full reflection.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator

from figures import ROOT, Figure, ask_peers, main

OURS, GOAL_NS = "ours", 1500
STANDARD = (
    OURS,
    "functools.wraps",
    "by hand: try, two clocks, a tuple to a deque",
    "pydantic validate_call",
    "logging with QueueHandler",
)


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield what ours adds beside what each of the others adds."""
    calls, repeats = ("500", "3") if options.quick else ("100000", "9")
    if options.peers:
        added: dict[str, float] = ask_peers("wrappers.py", calls, repeats)
    else:
        added = _here(calls, repeats)
    mine = added.pop(OURS)
    for name, theirs in added.items():
        yield Figure(
            "wrapper", "added to a bare call", mine, "ns", name, theirs,
            f"at most {GOAL_NS:,} ns", mine <= GOAL_NS,
        )  # fmt: skip


def _here(calls: str, repeats: str) -> dict[str, float]:
    """Measure what the project's own venv has."""
    script = str(ROOT / "benchmarks" / "peers" / "wrappers.py")
    done = subprocess.run(
        [sys.executable, script, calls, repeats, *STANDARD],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main("wrapper", measure)
