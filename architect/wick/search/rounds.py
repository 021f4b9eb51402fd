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
from architect.wick.search.evaluate import Evaluator
from architect.wick.search.keep import PATIENCE_S, Keep
from architect.wick.search.program import Program
from architect.wick.search.tally import Tally
from architect.wick.search.worker import Process, Send, Shared

MOST_DEATHS = 50
LOOK = 400
# The grace is processor time, so that a busy machine finds the same patches; by the clock it
# ends after so many times as much.
BUSY = 8.0


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
    """A program to search around, and what has been found.

    `why` is what ended one of the workers by an error, the last of them. What is `given`
    already is no success any more.
    """

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
    tally: Tally = field(default_factory=Tally)
    why: str = ""
    given: frozenset[str] = frozenset()
    taken_s: float = 0.0

    def run(self, workers: int) -> None:
        """Try everything, until the deadline, or the grace after a first success."""
        # They stop by themselves a little before, and say what they have seen.
        ends = self.deadline - min(0.3, (self.deadline - time.monotonic()) / 4)
        crew = [_Hand(self, number, workers, ends) for number in range(workers)]
        try:
            while any(hand.alive for hand in crew) and not self._over(crew):
                wait([h.process.connection for h in crew if h.alive], 0.05)
                for hand in crew:
                    if hand.alive:
                        self._listen(hand, crew)
        finally:
            for hand in crew:
                hand.stop()
            self.candidates += sum(hand.shared.tried for hand in crew)
            self.taken_s = max(hand.shared.taken for hand in crew)

    def _over(self, crew: list[_Hand]) -> bool:
        tried = sum(hand.shared.tried for hand in crew)
        late = time.monotonic() >= self.deadline
        return late or tried >= self.budget.candidates or self.budget.stop()

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
                self.tally.add(message)
            elif message["kind"] == "done":
                hand.finished = True
            elif message["kind"] == "died":
                self.why = message["why"]
        hand.watch()

    def _succeed(self, message: dict[str, Any], crew: list[_Hand]) -> None:
        source = message["source"]
        if source in self.given or not self.checks.acceptable(source):
            return
        cost = self.cost + message["cost"]
        families = (*self.families, message["family"])
        until = time.monotonic() + BUSY * self.budget.grace_s
        self.deadline = min(self.deadline, until + 0.2)
        self.found.append(Passing(message["source"], families, cost, message["slow"]))
        for hand in crew:
            limit = message["cost"] + self.budget.margin
            hand.shared.limit = min(hand.shared.limit, limit)
            hand.shared.until = min(hand.shared.until, until)
            hand.shared.grace = min(hand.shared.grace, self.budget.grace_s)


def _near(owner: Round, one: dict[str, Any]) -> tuple[Any, ...]:
    families = (*owner.families, one["family"])
    return one["source"], families, owner.cost + one["cost"], one["passed"]


class _Hand:
    """One worker's share of the edits, through however many processes it takes."""

    def __init__(self, owner: Round, number: int, of: int, ends: float) -> None:
        self.owner, self.number, self.of = owner, number, of
        self.shared = Shared()
        self.shared.until = ends
        self.finished = False
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
        keep = Keep(evaluator, send, self.shared)
        gc.freeze()
        most = min(len(evaluator.edits), self.owner.most)
        before, ends = self.shared.taken, float("inf")
        for index in range(self.shared.at + 1, most):
            if index % self.of != self.number:
                continue
            if evaluator.edits[index].cost > self.shared.limit:
                break
            if self.shared.grace < ends == float("inf"):
                ends = time.process_time() + self.shared.grace
            taken = time.process_time()
            self.shared.taken = before + taken
            if time.monotonic() > self.shared.until or taken > ends:
                break
            if self.shared.taken > self.owner.budget.cpu_s:
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
