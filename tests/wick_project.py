"""A small real project with accepted modules, and jobs as the runtime reports them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from architect.config import read_config
from architect.gate.gate import Gate
from architect.gate.verdict import Verdict
from architect.rebuild import verify
from architect.session import Session
from architect.wick.incidents import Incidents
from architect.wick.queue import GROUP, Job
from core.events import JOBS
from core.manifest import read_manifest, sha256
from core.project import Project
from core.template_footer import render_module
from core.values import encode

CHECKOUT = Path(__file__).resolve().parents[1]
SPECS = {
    # Its examples are short: a recursive body passes, and fails on a long list.
    "total": """
name: total
kind: function
intent: Sum of the values.
params:
  values: {type: "list[int]", meaning: what is added, range: [0, 100], size: [0, 12]}
  start: {type: int, meaning: what it begins with, range: [0, 100]}
returns: {type: int, meaning: the sum}
requires: ["start >= 0"]
ensures: [result >= start]
examples:
  - given: {values: [1, 2], start: 3}
    expect: 6
  - given: {values: [], start: 4}
    expect: 4
    held_back: true
  - given: {values: [5], start: 0}
    expect: 5
    held_back: true
""",
    "order_known": """
name: order_known
kind: action
intent: Tell whether the exchange knows an order.
params:
  client_id: {type: str, meaning: the order's id}
ports: {exchange: Exchange}
returns: {type: bool, meaning: whether it does}
examples:
  - name: it does not
    given: {client_id: a-2}
    ports: {exchange: [{method: order, args: {client_id: a-2}, returns: null}]}
    expect: false
  - name: nor this one
    given: {client_id: a-3}
    ports: {exchange: [{method: order, args: {client_id: a-3}, returns: null}]}
    expect: false
    held_back: true
  - name: it does
    given: {client_id: a-4}
    ports:
      exchange:
        - method: order
          args: {client_id: a-4}
          returns: {client_id: a-4, symbol: S, side: buy, status: open, size: "1"}
    expect: true
    held_back: true
""",
}
SUMS = "return start + sum(values)\n"
SUMS_OTHERWISE = "return sum(values, start)\n"
RECURSES = "return values[0] + total(values[1:], start) if values else start\n"
RECURSES_OTHERWISE = (
    "if not values:\n    return start\nreturn total(values[1:], start) + values[0]\n"
)
KNOWN = "return exchange.order(client_id) is not None\n"
KNOWN_OTHERWISE = "found = exchange.order(client_id)\nreturn found is not None\n"
LONG = {"values": list(range(700)), "start": 37}


@dataclass
class Bench:
    """One project, its incidents and a session on it."""

    project: Project
    incidents: Incidents
    session: Session

    def accept(self, name: str, body: str) -> str:
        """Save a body by hand and have it judged; return the accepted version."""
        verdict = self.adopt(name, body)
        assert verdict.accepted, verdict.as_text()
        return read_manifest(self.project.manifest).modules[name].version

    def save(self, name: str, body: str) -> str:
        """Write a module as an editor would; return the file's digest."""
        text = render_module(self.session.graph().get(name), body)
        self.project.generated.mkdir(parents=True, exist_ok=True)
        self.project.module(name).write_text(text)
        return sha256(text)

    def adopt(self, name: str, body: str) -> Verdict:
        self.save(name, body)
        graph = self.session.graph()
        with self.session.building() as pipeline:
            return pipeline.adopt(graph.get(name), graph)

    def dirt(self) -> list[str]:
        """Return what verify finds at accepted modules, and what git does not know."""
        accepted = read_manifest(self.project.manifest).modules
        found = [p.message for p in verify(self.project) if p.name in accepted]
        return found + git(self.project.root, "status", "--porcelain").splitlines()


def failure(version: str, job: str = "1-0", module: str = "total", **other: Any) -> Job:
    """Return a job as the runtime reports a failing call."""
    arguments = other.pop("arguments", LONG)
    detail = {
        "module": module,
        "version": version,
        "outcome": "error",
        "error": "RecursionError: maximum recursion depth exceeded in comparison",
        "trace": "Traceback",
        "arguments": arguments and {k: encode(v) for k, v in arguments.items()},
        "contained": "safe value",
        **other,
    }
    return Job(job, "failure", 1_700_000_000_000, detail)


def saved(name: str, digest: str, job: str = "1-0") -> Job:
    """Return a job as the runtime reports a save that it does not know."""
    detail = {"module": name, "sha256": digest, "running": "abc"}
    return Job(job, "save", 1_700_000_000_000, detail)


def make_project(root: Path) -> Project:
    """Make a project with a first commit and nothing built."""
    project = Project(root)
    project.specs.mkdir(parents=True)
    for name, text in SPECS.items():
        project.spec(name).write_text(text)
    for name in ("order_status", "order_request"):
        shutil.copy(CHECKOUT / f"specs/trading/{name}.yaml", project.spec(name))
    shutil.copytree(CHECKOUT / "prompts", project.prompts)
    project.manifest.write_text("format: 1\nmodules: {}\n")
    (root / "pyproject.toml").write_text("[project]\nname = 'small'\n")
    (root / ".gitignore").write_text(".architect/\n.env\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    return project


def open_bench(
    project: Project, incidents: Incidents, gate: Gate, settings: Mapping[str, str]
) -> Bench:
    """Return a bench whose session shares a gate that is warm."""
    session = Session(read_config(project, settings))
    session.__dict__["gate"] = gate
    return Bench(project, incidents, session)


def git(root: Path, *words: str) -> str:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    done = subprocess.run(
        ["git", *who, *words], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout


def pending(client: redis.Redis) -> int:
    """Return how many jobs were given to workers and are not acknowledged."""
    return int(client.xpending(JOBS, GROUP)["pending"])  # type: ignore[index]


def until(found: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    """Wait for another process or for Redis; there is no clock to pass in to them."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
