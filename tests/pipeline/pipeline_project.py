"""A small real project: five specs that use each other, their right bodies, a git."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from architect.code_generator import Judge
from architect.gate.gate import Gate
from architect.gate.verdict import Verdict
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from architect.outcome import Outcome
from architect.pipeline import Pipeline
from architect.prompt import code_prompt
from architect.rebuild import accepted_modules, verify
from architect.replies import ReplyStore
from architect.repository import Repository
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph, load_graph

CHECKOUT = Path(__file__).resolve().parents[2]

SPECS = {
    "quote": """
name: quote
kind: record
intent: The best prices of one market.
fields:
  bid: {type: Decimal, unit: USD, meaning: best price to sell at, range: [1, 100]}
  ask: {type: Decimal, unit: USD, meaning: best price to buy at, range: [1, 100]}
""",
    "fee": """
name: fee
kind: function
intent: Fee of a trade.
params:
  notional: {type: Decimal, unit: USD, meaning: size of the trade, range: [0, 1000000]}
  rate_frac: {type: Decimal, meaning: fee rate, default: 0.0005, range: [0, 0.01]}
returns: {type: Decimal, unit: USD, meaning: what is paid}
ensures: [result >= 0]
examples:
  - given: {notional: 1000}
    expect: 0.5
  - name: secretly dear
    given: {notional: 431, rate_frac: 0.01}
    expect: 4.31
    held_back: true
properties:
  - name: it is proportional
    check: call(notional=notional * 2) == result * 2
    cases: 10
""",
    "round_trip": """
name: round_trip
kind: function
intent: Fee of going in and out again.
params:
  notional: {type: Decimal, unit: USD, meaning: size of one trade, range: [0, 1000000]}
returns: {type: Decimal, unit: USD, meaning: what is paid for both}
uses: [fee]
examples:
  - given: {notional: 1000}
    expect: 1
  - given: {notional: 3}
    expect: 0.003
    held_back: true
""",
    "running_mean": """
name: running_mean
kind: indicator
intent: Mean of all closes so far.
params:
  close: {type: Series, unit: USD, meaning: closing prices, range: [1, 1000], size: [0, 20]}
returns: {type: Series, unit: USD, meaning: one value a candle}
ensures: [len(result) == len(close)]
examples:
  - given: {close: [2, 4]}
    expect: [2, 3]
  - given: {close: [5]}
    expect: [5]
    held_back: true
  - given: {close: [2, 4, 9]}
    expect: [2, 3, 5]
    held_back: true
""",
    "spread": """
name: spread
kind: function
intent: Distance of the best prices.
params:
  quote: {type: Quote, meaning: the prices}
returns: {type: Decimal, unit: USD, meaning: ask minus bid}
examples:
  - given: {quote: {bid: 10, ask: 11}}
    expect: 1
  - given: {quote: {bid: 20, ask: 27}}
    expect: 7
    held_back: true
""",
    "cancel_it": """
name: cancel_it
kind: action
intent: Cancel an order if the exchange has it; say whether it had.
strength: 0.5
params:
  client_id: {type: str, meaning: the order's id}
ports: {exchange: Exchange}
returns: {type: bool, meaning: whether the exchange had it}
examples:
  - name: it is not there
    given: {client_id: a-2}
    ports:
      exchange:
        - {method: order, args: {client_id: a-2}, returns: null}
    expect: false
  - name: it is not there either
    given: {client_id: a-3}
    ports:
      exchange:
        - {method: order, args: {client_id: a-3}, returns: null}
    expect: false
    held_back: true
  - name: it is there
    given: {client_id: a-4}
    ports:
      exchange:
        - method: order
          args: {client_id: a-4}
          returns: &open {client_id: a-4, symbol: S, side: buy, status: open, size: "1"}
        - {method: cancel, args: {client_id: a-4}, returns: *open}
    expect: true
    held_back: true
""",
}
# What ports hand out in this package.
SHIPPED_RECORDS = ("order_status", "order_request")

BODIES = {
    "fee": "return notional * rate_frac\n",
    "round_trip": "return fee(notional) + fee(notional)\n",
    "running_mean": "return close.expanding().mean()\n",
    "spread": "return quote.ask - quote.bid\n",
    "cancel_it": (
        "known = exchange.order(client_id)\n"
        "if known is not None:\n"
        "    exchange.cancel(client_id)\n"
        "return known is not None\n"
    ),
}
NAMES = sorted(SPECS)


def fenced(body: str) -> str:
    """Return a body as a model answers it."""
    return f"```python\n{body}```\n"


def git(root: Path, *words: str) -> str:
    """Run git as a user with a name of their own."""
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    done = subprocess.run(
        ["git", *who, *words], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout


def make_project(root: Path, names: Iterable[str] = NAMES) -> Project:
    """Make a project with a first commit and nothing built."""
    project = Project(root)
    project.specs.mkdir(parents=True)
    for name in names:
        project.spec(name).write_text(SPECS[name])
    if "cancel_it" in names:
        for name in SHIPPED_RECORDS:
            shutil.copy(CHECKOUT / f"specs/trading/{name}.yaml", project.spec(name))
    shutil.copytree(CHECKOUT / "prompts", project.prompts)
    project.manifest.write_text("format: 1\nmodules: {}\n")
    (root / ".gitignore").write_text(".architect/\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    return project


def record_answers(project: Project, **other: str) -> None:
    """Record a reply to the first prompt of every module, as a person would ship them."""
    graph = load_graph(project.specs)
    store = ReplyStore(project.replies)
    for name, body in {**BODIES, **other}.items():
        if name in graph.specs:
            prompt = code_prompt(graph.specs[name], graph, project.prompts)
            store.save(prompt, Reply(fenced(body), "m", "code", "live"))


@dataclass
class Bench:
    """A project with its pipeline; `asked` are the prompts that nobody had answered.

    `answers` holds what is answered, one after the other; then the right body is.
    """

    project: Project
    gate: Gate
    asked: list[Prompt] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    judged: list[str] = field(default_factory=list)

    @property
    def repository(self) -> Repository:
        return Repository(self.project.root)

    @property
    def names_asked(self) -> list[str]:
        return [prompt.module for prompt in self.asked]

    def ask(self, prompt: Prompt) -> Reply:
        store = ReplyStore(self.project.replies)
        if (recorded := store.recorded(prompt)) is not None:
            return recorded
        self.asked.append(prompt)
        waiting = self.answers.get(prompt.module)
        text = waiting.pop(0) if waiting else fenced(BODIES[prompt.module])
        return store.save(prompt, Reply(text, "m", "code", "live"))

    def judge_with(self, graph: SpecGraph, read: Callable[[str], str]) -> Judge:
        def judge(spec: Spec, text: str) -> Verdict:
            self.judged.append(spec.name)
            modules = accepted_modules(self.project, graph, read)
            return self.gate.judge(spec, graph, text, modules)

        return judge

    def pipeline(self) -> Pipeline:
        return Pipeline(self.project, self.repository, self.ask, self.judge_with)

    def generate(self, *names: str, force: bool = False) -> Outcome:
        """Recover and build, as the command does."""
        self.asked.clear()
        self.judged.clear()
        pipeline = self.pipeline()
        pipeline.recover()
        return pipeline.generate(names, force)

    def change_spec(self, name: str, old: str, new: str) -> None:
        path = self.project.spec(name)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def edit(self, name: str, old: str, new: str) -> Path:
        """Edit a module by hand."""
        path = self.project.module(name)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return path


def refuse_commits(bench: Bench) -> Path:
    """Have git refuse each commit until the hook that is returned is gone."""
    hook = bench.project.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook


def assert_whole(project: Project) -> None:
    """Assert that nothing of a run is left over: all stands, all is committed."""
    assert verify(project) == []
    assert not project.journal.exists()
    assert list(project.root.rglob("*.tmp")) == []
    assert list((project.root / ".git").rglob("*.lock")) == []
    assert git(project.root, "status", "--porcelain") == ""
    built = git(
        project.root, "log", "--format=%(trailers:key=Module,valueonly)"
    ).split()
    assert sorted(built) == sorted(load_graph(project.specs).specs)
