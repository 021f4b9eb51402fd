"""Tries the edits of one program, cheapest first, and reports what passes and what nearly.

Failing checks run first; most candidates end at the first of them. What compiles to the
same code as an earlier candidate is not run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from types import CodeType

from architect.wick.search.checks import Checks
from architect.wick.search.context import build
from architect.wick.search.edit import Edit, applied
from architect.wick.search.edits import all_edits
from architect.wick.search.localise import ranked
from architect.wick.search.observe import Observed, observe
from architect.wick.search.program import Program
from architect.wick.search.runner import Outcome, Runner, code_key

FIRST = 4  # failing checks that are run before a candidate is given up
FAST_SECONDS = 0.1
MOST_EDITS = 120_000


@dataclass(slots=True)
class Tried:
    """A candidate that passes `passed` checks; `changed` if failing ones end otherwise."""

    index: int
    edit: Edit
    passed: int
    changed: bool
    slow: bool = False

    @property
    def order(self) -> float:
        """Sort key: the most promising first; a check passed is worth much cost."""
        return self.edit.cost - 1.5 * min(self.passed, 4)


@dataclass
class Evaluator:
    """Runs the candidates of one program within a worker.

    `passed_by` counts for each failing check the candidates that pass it, `broken_by`
    for each passing one those that break it and pass all the failing ones.
    """

    program: Program
    checks: Checks
    seen: Observed = field(init=False)
    runner: Runner = field(init=False)
    edits: list[Edit] = field(init=False)
    tried: int = 0
    passed_by: Counter[str] = field(default_factory=Counter)
    broken_by: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.seen = observe(self.program, self.checks)
        self.runner = Runner(self.program, self.checks)
        context = build(self.program, self.seen)
        self.edits = ranked(list(all_edits(context)), self.seen)[:MOST_EDITS]
        self._known: set[Hashable] = {code_key(unit) for unit in self.runner.units}
        self._failing = self.seen.failing
        self._passing = self.seen.passing
        self._limits = [_limit(outcome) for outcome in self.seen.outcomes]

    @property
    def total(self) -> int:
        """How many checks there are."""
        return len(self.checks.checks)

    @property
    def failing_names(self) -> list[str]:
        """Return the names of the checks that the program fails."""
        return [self._name(number) for number in self._failing]

    def try_edit(self, index: int) -> Tried | None:
        """Return how a candidate did; None if it is no candidate or a hopeless one."""
        edit = self.edits[index]
        with applied(edit):
            try:
                code = self.runner.compile(edit.unit)
            except (SyntaxError, ValueError, TypeError, RecursionError, SystemError):
                return None
        key = code_key(code)
        if key in self._known:
            return None
        self._known.add(key)
        self.tried += 1
        units = list(self.runner.units)
        units[edit.unit] = code
        return self._judge(index, edit, units)

    def sound(self) -> bool:
        """Tell whether the program as it was still does what it did.

        It does not when a candidate has changed what all share, such as a module.
        """
        return all(
            not self._differs(number, self._run(self.runner.units, number))
            for number in (self._failing[:1] + self._passing[-1:])
            if self.seen.outcomes[number].how != "steps"
        )

    def source(self, index: int) -> str:
        """Return a candidate as source."""
        with applied(self.edits[index]):
            return self.program.text()

    def confirm(self, index: int, seconds: float) -> bool:
        """Tell whether a slow candidate passes all checks, given this much time for each.

        The most expensive check runs first.
        """
        runner = Runner(Program(self.source(index), counted=False), self.checks)
        return all(
            runner.run(runner.units, self.checks.checks[number], 1, seconds).passed
            for number in [*reversed(self._failing), *self._passing]
        )

    def _judge(self, index: int, edit: Edit, units: list[CodeType]) -> Tried | None:
        passed = 0
        changed = slow = wrong = False
        for count, number in enumerate(self._failing):
            outcome = self._run(units, number)
            passed += outcome.passed
            self.passed_by[self._name(number)] += outcome.passed
            changed = changed or self._differs(number, outcome)
            slow = slow or outcome.how == "steps"
            wrong = wrong or outcome.how in ("wrong", "raised")
            missed = count + 1 - passed
            if not passed and (slow or missed >= FIRST):
                break
            if missed >= self.checks.misses:
                return Tried(index, edit, passed, True)
        if not passed:
            return Tried(index, edit, 0, True) if changed and not slow else None
        whole = passed == len(self._failing)
        for place, number in enumerate(self._passing):
            outcome = self._run(units, number)
            passed += outcome.passed
            slow = slow or outcome.how == "steps"
            if outcome.how in ("wrong", "raised"):
                wrong = True
                self.broken_by[self._name(number)] += whole
                # What refutes one candidate is likely to refute the next.
                self._passing.insert(0, self._passing.pop(place))
                break
        return Tried(index, edit, passed, True, slow and not wrong)

    def _name(self, number: int) -> str:
        return self.checks.checks[number].name

    def _run(self, units: list[CodeType], number: int) -> Outcome:
        check = self.checks.checks[number]
        return self.runner.run(units, check, self._limits[number], FAST_SECONDS)

    def _differs(self, number: int, outcome: Outcome) -> bool:
        before = self.seen.outcomes[number]
        return (before.how, before.detail) != (outcome.how, outcome.detail)


def _limit(outcome: Outcome) -> int:
    return 20_000 if outcome.how == "steps" else max(3_000, 20 * outcome.steps)


Report = Callable[[str, Tried], None]
