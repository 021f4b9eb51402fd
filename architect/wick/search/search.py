"""Repair by search: from a program and its checks to patches, best first, no model.

One edit first; if none is enough, a second edit on the most promising firsts. What passes
is ranked by `choose`; a caller that refuses the first patch asks for the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

from architect.wick.search.budget import Budget, Patch
from architect.wick.search.checks import Checks
from architect.wick.search.choose import MOST, Answers, Passing, run_on_fresh, scores
from architect.wick.search.observe import observe
from architect.wick.search.program import Program
from architect.wick.search.rounds import Near, Round
from architect.wick.search.runner import Runner
from architect.wick.search.tally import Tally
from architect.wick.search.worker import Send, ask

CHOICE_S = 5.0
STEPS = 10_000_000
SECOND = (600, 6_000)  # edits tried on each promising first, in two passes


@dataclass
class Search:
    """One search and its tally (of single edits); iterate over `patches()`."""

    program: Program
    checks: Checks
    budget: Budget = field(default_factory=Budget)
    candidates: int = 0
    rounds: int = 0
    tally: Tally = field(default_factory=Tally)
    why: str = ""
    taken_s: float = 0.0
    _wider: int = 0

    def patches(self) -> Iterator[Patch]:
        """Yield the patches that pass all checks, the best of each round first."""
        self.started = time.monotonic()
        self.deadline = self.started + self.budget.seconds
        for patch in self._patches():
            since = time.monotonic()
            yield patch
            # What is done with a patch is no time of the search.
            self.deadline += time.monotonic() - since

    def _patches(self) -> Iterator[Patch]:
        first = self._round(self.program, (), 0.0, 10**9)
        yield from self._chosen(first.found)
        if not self.budget.two_edits:
            return
        given: set[str] = set()
        while first.found and not self._spent():
            # None of those was wanted: what one success kept from being tried is tried.
            given.update(one.source for one in first.found)
            self._wider += 1
            first = self._round(self.program, (), 0.0, 10**9, frozenset(given))
            yield from self._chosen(first.found)
        promising = self._promising(first.near)
        for most in SECOND:
            for near in promising:
                if self._spent():
                    return
                program = replace(self.program, source=near.source)
                second = self._round(program, near.families, near.cost, most)
                yield from self._chosen(second.found)

    def _spent(self) -> bool:
        late = time.monotonic() >= self.deadline
        out = self.candidates >= self.budget.candidates
        out = out or self.taken_s >= self.budget.cpu_s
        return late or out or self.budget.stop()

    def _round(
        self, program: Program, families: tuple[str, ...], cost: float, most: int,
        given: frozenset[str] = frozenset(),
    ) -> Round:  # fmt: skip
        self.rounds += 1
        left = replace(
            self.budget, candidates=self.budget.candidates - self.candidates,
            grace_s=self.budget.grace_s * 2**self._wider,
            margin=self.budget.margin + self._wider,
            cpu_s=self.budget.cpu_s - self.taken_s,
        )  # fmt: skip
        one = Round(
            program, self.checks, left, self.deadline, families, cost, most, given=given
        )
        one.run(self.budget.workers)
        self.candidates += one.candidates
        self.taken_s += one.taken_s
        self.why = one.why or self.why
        if self.rounds == 1:
            self.tally = one.tally
        return one

    def _promising(self, near: list[Near]) -> list[Near]:
        unique = {one.source: one for one in near}
        return sorted(unique.values(), key=lambda one: one.order)

    def _chosen(self, found: list[Passing]) -> Iterator[Patch]:
        unique: dict[str, Passing] = {}
        for one in sorted(found, key=lambda one: (one.cost, one.source)):
            unique.setdefault(one.source, one)
        passing = list(unique.values())[:MOST]
        if not passing:
            return
        ranked = scores(passing, self._answers(passing))
        for score, _, one in sorted(
            zip(ranked, range(len(passing)), passing, strict=True)
        ):
            if not self._passes_alone(one):
                continue
            seconds = time.monotonic() - self.started
            yield Patch(
                one.source, one.families, one.cost, score, self.candidates, seconds
            )

    def _passes_alone(self, one: Passing) -> bool:
        """Tell whether a patch passes in a process that no other candidate has touched."""
        if one.slow:
            return True

        def work(send: Send) -> None:
            runner = Runner(Program(one.source), self.checks)
            send({"passes": all(
                runner.run(runner.units, check, STEPS, CHOICE_S).passed
                for check in self.checks.checks
            )})  # fmt: skip

        told = ask(work, self.budget, time.monotonic() + CHOICE_S)
        return bool(told and told.get("passes"))

    def _answers(self, passing: list[Passing]) -> Answers | None:
        """Return what each does on fresh inputs; None when that cannot be found out."""
        if len(passing) == 1 or not self.checks.entries:
            return None

        def work(send: Send) -> None:
            seen = observe(self.program, self.checks)
            send(asdict(run_on_fresh(self.program, passing, self.checks, seen)))

        until = min(time.monotonic() + CHOICE_S, self.deadline + 1.0)
        told = ask(work, self.budget, until)
        return Answers(**told) if told and "before" in told else None


def search(
    program: Program, checks: Checks, budget: Budget | None = None
) -> Iterator[Patch]:
    """Yield patches of `program` that pass all `checks`, the best first.

    An iterator that ends without a patch found none within the budget.
    """
    yield from Search(program, checks, budget or Budget()).patches()
