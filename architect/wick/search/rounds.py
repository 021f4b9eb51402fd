"""One round of the search: one program's edits, dealt out to workers that may die."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any

from architect.wick.search.budget import Budget
from architect.wick.search.checks import Checks
from architect.wick.search.choose import Passing
from architect.wick.search.evaluate import Evaluator, Tried
from architect.wick.search.program import Program
from architect.wick.search.worker import Process, Send, Shared

NEAR = 60
MOST_DEATHS = 50
LOOK = 400
SLOW = 6  # slow candidates that are tried again, at once with
SLOW_S = 3.0  # and when all others have failed with more
PATIENCE_S = 40.0  # with observing, and with a candidate that is only slow


@dataclass(frozen=True)
class Near:
    """A candidate that does better than the program it came from, or just otherwise."""

    source: str
    families: tuple[str, ...]
    cost: float
    passed: int

    @property
    def order(self) -> float:
        """Sort key: the most promising first."""
        return self.cost - 1.5 * min(self.passed, 4)


@dataclass
class Round:
    """A program to search around, and what has been found."""

    program: Program
    checks: Checks
    budget: Budget
    deadline: float
    families: tuple[str, ...] = ()
    cost: float = 0.0
    most: int = 10**9
    found: list[Passing] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    candidates: int = 0

    def run(self, workers: int) -> None:
        """Try everything, until the deadline, or the grace after a first success."""
        crew = [_Hand(self, number, workers) for number in range(workers)]
        try:
            while any(hand.alive for hand in crew) and time.monotonic() < self.deadline:
                wait([h.process.connection for h in crew if h.alive], 0.05)
                for hand in crew:
                    if hand.alive:
                        self._listen(hand, crew)
        finally:
            for hand in crew:
                hand.stop()
            self.candidates += sum(hand.shared.tried for hand in crew)

    def _listen(self, hand: _Hand, crew: list[_Hand]) -> None:
        messages = hand.process.read()
        if messages is None:
            hand.restart()
            return
        for message in messages:
            if message["kind"] == "passes":
                self._succeed(message, crew)
            elif message["kind"] == "near":
                self.near += [Near(*_near(self, one)) for one in message["near"]]
            elif message["kind"] == "done":
                hand.finished = True
            elif message["kind"] == "died":
                hand.why = message["why"]
        hand.watch()

    def _succeed(self, message: dict[str, Any], crew: list[_Hand]) -> None:
        cost = self.cost + message["cost"]
        families = (*self.families, message["family"])
        self.deadline = min(self.deadline, time.monotonic() + self.budget.grace_s + 0.2)
        self.found.append(Passing(message["source"], families, cost, message["slow"]))
        until = time.monotonic() + self.budget.grace_s
        for hand in crew:
            limit = message["cost"] + self.budget.margin
            hand.shared.limit = min(hand.shared.limit, limit)
            hand.shared.until = min(hand.shared.until, until)


def _near(owner: Round, one: dict[str, Any]) -> tuple[Any, ...]:
    families = (*owner.families, one["family"])
    return one["source"], families, owner.cost + one["cost"], one["passed"]


class _Hand:
    """One worker's share of the edits, through however many processes it takes."""

    def __init__(self, owner: Round, number: int, of: int) -> None:
        self.owner, self.number, self.of = owner, number, of
        self.shared = Shared()
        self.finished = False
        self.why = ""
        self.deaths = 0
        self._seen_at, self._since = -1, time.monotonic()
        self.process = Process(self._work, owner.budget)

    @property
    def alive(self) -> bool:
        """Tell whether more may come."""
        return not self.finished and self.deaths < MOST_DEATHS

    def watch(self) -> None:
        """Kill a process that has stood at one candidate for too long."""
        if self.shared.at != self._seen_at:
            self._seen_at, self._since = self.shared.at, time.monotonic()
        elif time.monotonic() - self._since > self._patience():
            self.restart()

    def _patience(self) -> float:
        if self.shared.at < 0 or self.shared.slow:
            return PATIENCE_S
        return self.owner.budget.stuck_s

    def restart(self) -> None:
        """Go on behind the candidate that ended the process."""
        self.process.kill()
        self.deaths += 1
        self.shared.slow = 0
        if self.shared.at < 0 and self.shared.careful < 0:
            self.finished = True  # it cannot even be observed
        elif self.alive:
            self._since = time.monotonic()
            self.process = Process(self._work, self.owner.budget)

    def stop(self) -> None:
        """End the process."""
        self.process.kill()

    def _work(self, send: Send) -> None:
        evaluator = Evaluator(self.owner.program, self.owner.checks)
        keep = _Keep(evaluator, send, self.shared)
        gc.freeze()
        most = min(len(evaluator.edits), self.owner.most)
        for index in range(self.shared.at + 1, most):
            if index % self.of != self.number:
                continue
            if evaluator.edits[index].cost > self.shared.limit:
                break
            if time.monotonic() > self.shared.until:
                break
            self.shared.at = index
            keep.take(evaluator.try_edit(index))
            self.shared.tried = self.shared.tried + 1
            self._look_after(evaluator, index)
        self._look_after(evaluator, self.shared.at, last=True)
        keep.finish()
        send({"kind": "done"})

    def _look_after(self, evaluator: Evaluator, index: int, last: bool = False) -> None:
        """Now and then see that the process is sound; if it is not, go back and look
        after each candidate, to leave out only the one that broke it."""
        careful = index <= self.shared.careful
        if not careful and not last and index - self.shared.sound < LOOK:
            return
        gc.collect() if not careful else None
        if evaluator.sound():
            self.shared.sound = index
            return
        if not careful or (last and self.shared.sound < index):
            self.shared.careful = index
            self.shared.at = self.shared.sound
        raise Unsound(f"candidate {index}")


class Unsound(Exception):
    """A candidate changed the process that others run in."""


class _Keep:
    """What a worker has found: passing ones are told at once, near ones at the end."""

    def __init__(self, evaluator: Evaluator, send: Send, shared: Shared) -> None:
        self.evaluator, self.send, self.shared = evaluator, send, shared
        self.near: list[Tried] = []
        self.slow: list[Tried] = []
        self.before = len(evaluator.seen.passing)

    def take(self, tried: Tried | None) -> None:
        """Report a passing candidate, remember a promising one."""
        if tried is None:
            return
        if tried.passed == self.evaluator.total:
            self._tell(tried)
        elif tried.slow and tried.passed > self.before:
            self.slow.append(tried)
            if len(self.slow) <= SLOW:
                self._try_slow(tried, SLOW_S)
        else:
            self.near.append(tried)
            if len(self.near) > 4 * NEAR:
                self.near = sorted(self.near, key=lambda one: one.order)[:NEAR]

    def _try_slow(self, tried: Tried, seconds: float) -> None:
        if self.shared.limit < float("inf"):
            return  # one success is enough
        self.shared.slow = 1
        if self.evaluator.confirm(tried.index, seconds):
            self._tell(tried)
        self.shared.slow = 0

    def _tell(self, tried: Tried) -> None:
        source = self.evaluator.source(tried.index)
        self.send({"kind": "passes", "source": source, **_plain(tried)})

    def finish(self) -> None:
        """Report the promising ones, the best first; give the slow ones their time."""
        for tried in self.slow[:SLOW]:
            self._try_slow(tried, PATIENCE_S / 3)
        best = sorted(self.near, key=lambda one: one.order)[:NEAR]
        found = [
            {"source": self.evaluator.source(one.index), **_plain(one)} for one in best
        ]
        self.send({"kind": "near", "near": found})


def _plain(tried: Tried) -> dict[str, Any]:
    return {
        "cost": tried.edit.cost, "family": tried.edit.family, "passed": tried.passed,
        "slow": tried.slow,
    }  # fmt: skip
