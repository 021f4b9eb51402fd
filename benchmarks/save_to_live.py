"""From a saved spec to calls of the new version in a running system.

    .venv/bin/python benchmarks/save_to_live.py [--json FILE] [--quick]

`architect up` trades on paper on a copy of the shipped project. A module's spec is edited
(its intent, so file and version change), as no save before; its answer is recorded, so no
model is waited for. Once that answer is the body that it has, and once another: then the
strength of the spec is measured anew. Everything else is the everyday way: the save is
noticed, the spec checked, the body judged by the gate, file, manifest and commit written,
and the version swapped in. By the clock, so what else
runs on the machine counts; the trading loop itself is part of that: once it trades as fast
as it can, and once it waits for its candles as it does with a real exchange.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path
from typing import IO, Any

from figures import ROOT, Figure, main

from architect.config import load
from architect.models.reply import Reply
from architect.prompt import code_prompt
from architect.replies import ReplyStore
from architect.running import running_versions
from architect.spec_body import accepted_body
from architect.stores import running_stores
from core.manifest import read_manifest
from core.project import Project
from core.spec_graph import graph, load_graph
from core.spec_text import parse_spec
from core.stores.postgres import connect

# Asked at every candle, and used by no other module.
MODULES = ("market_scanner", "equity_reconciler")
SAVES, WARM, LONGEST_S = 5, 1, 60.0
# Seconds that a candle takes, and what that is called.
PACES = {1.0: "waiting for candles", 0.0: "at full speed"}
GOAL_S = 0.3
# What the model answers to the edited spec: a body that was never judged, or the old one.
ANSWERS = {True: "another body", False: "the same body"}


@dataclass(frozen=True)
class Took:
    """Seconds from one save; `gate_s` is what the gate says of itself, `swap_s` from the
    manifest to the swap."""

    live_s: float
    called_s: float
    gate_s: float
    swap_s: float


class TooLong(Exception):
    """What was waited for did not happen."""


class Heard:
    """What a process says, read as it comes."""

    def __init__(self, stream: IO[str] | None) -> None:
        assert stream is not None
        self.lines: list[str] = []
        threading.Thread(target=self.lines.extend, args=(stream,), daemon=True).start()

    def until(self, words: str) -> None:
        """Wait until a line begins with `words`."""
        waited(lambda: any(line.startswith(words) for line in self.lines))


def copy_project(root: Path) -> Project:
    """Copy what is accepted into a repository of its own."""
    for name in ("specs", "prompts", "generated"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("manifest.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    (root / ".gitignore").write_text(".architect/\n__pycache__/\n")
    for words in ("init -q", "add -A", "commit -qm Start"):
        who = ["-c", "user.name=Bench", "-c", "user.email=bench@localhost"]
        subprocess.run(["git", *who, *words.split()], cwd=root, check=True)
    return Project(root)


@contextmanager
def up(root: Path, pace_s: float) -> Iterator[Heard]:
    """Run the whole system meanwhile."""
    command = [sys.executable, "-P", "-m", "architect", "up", "--root", str(root)]
    command += ["--pace", str(pace_s)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    heard = Heard(process.stderr)
    try:
        heard.until("trading;")
        yield heard
    except TooLong as error:
        raise SystemExit(f"{error}\n" + "".join(heard.lines[-20:])) from None
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def edited(text: str, number: int) -> str:
    """Return a spec's text with another intent; its first sentence stays."""
    return re.sub(
        r"(?m)^(intent: .*?\.)( Edit \d+\.)?$", rf"\1 Edit {number}.", text, count=1
    )


def record(project: Project, name: str, text: str, mark: str = "") -> None:
    """Record an answer to the prompt of an edited spec: the accepted body, with a mark
    another one that does the same."""
    before = load_graph(project.specs)
    spec = parse_spec(text, name)
    prompt = code_prompt(spec, graph({**before.specs, name: spec}), project.prompts)
    body = accepted_body(project, before.specs[name])
    body = re.sub(r"  # edit \d+\n\Z", "\n", body)
    if mark:
        body = f"{body.rstrip()}  # {mark}\n"
    answer = Reply(f"```python\n{body}```\n", "bench", "code", "live")
    ReplyStore(project.replies).save(prompt, answer)


def save(project: Project, name: str, number: int, other: bool) -> Took:
    """Save one edit and wait until the trading loop has called what came of it."""
    config = load(project.root)
    url, path = running_stores(config).database_url, project.spec(name)
    text = edited(path.read_text(), number)
    record(project, name, text, f"edit {number}" if other else "")
    before = read_manifest(project.manifest).modules[name].version
    saved, saved_ms = time.monotonic(), time.time_ns() // 1_000_000
    path.write_text(text)

    def version() -> str:
        return read_manifest(project.manifest).modules[name].version

    built_s = waited(lambda: version() != before, saved)
    now = version()
    live_s = waited(lambda: running_versions(config).get(name) == now, saved)
    with connect(url) as connection:
        calls = (
            "select min(time_ms) from system_logs.reflections"
            " where version = %s and module = %s"
        )
        judged = (
            "select duration_ms from system_logs.gate_verdicts where module = %s"
            " and accepted order by time_ms desc limit 1"
        )

        def one(query: str, *values: str) -> Any:
            row: Any = connection.execute(query.encode(), values).fetchone()
            connection.rollback()
            return row[0] if row else None

        waited(lambda: one(calls, now, name), saved)
        called_s = (one(calls, now, name) - saved_ms) / 1000
        waited(lambda: one(judged, name), saved)
        return Took(live_s, called_s, one(judged, name) / 1000, live_s - built_s)


def waited(found: Callable[[], object], since: float | None = None) -> float:
    """Return the seconds from `since`, or now, until something is found."""
    since = time.monotonic() if since is None else since
    while not found():
        if time.monotonic() - since > LONGEST_S:
            raise TooLong(f"it did not happen within {LONGEST_S:.0f} s")
        time.sleep(0.005)
    return time.monotonic() - since


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield medians over some saves of some modules, after one that warms up."""
    modules, saves = (MODULES[:1], 1) if options.quick else (MODULES, SAVES)
    with tempfile.TemporaryDirectory() as folder:
        project, numbers = copy_project(Path(folder)), count()
        for pace_s, how in PACES.items():
            with up(project.root, pace_s):
                for name, other in product(modules, ANSWERS):
                    all_of = [
                        save(project, name, next(numbers), other)
                        for _ in range(WARM + saves)
                    ]
                    yield from _figures(
                        f"{name}, {ANSWERS[other]}, {how}", all_of[WARM:]
                    )


def _figures(what: str, all_of: list[Took]) -> Iterator[Figure]:
    live, called, gate, swap = (
        statistics.median(getattr(took, key) for took in all_of)
        for key in ("live_s", "called_s", "gate_s", "swap_s")
    )
    part = "save to live"
    yield Figure(part, f"{what}: saved to live, median of {len(all_of)}", live, "s",
                 goal=f"under {GOAL_S} s", met=live < GOAL_S)  # fmt: skip
    yield Figure(part, f"{what}: saved to its first live call", called, "s")
    yield Figure(part, f"{what}: of that the gate, without strength", gate, "s")
    yield Figure(part, f"{what}: manifest written to live", swap, "s")


if __name__ == "__main__":
    main("save to live", measure)
