"""Runs checks against a tree, within limits of steps and processor time.

Steps are counted by the ticks in the tree, so that a limit means the same on every
machine; the timer is there for what has no ticks, such as an endless comprehension. On a
busy machine it may strike what has nothing to do with the candidate, which is asked again
then: else the same search would find one patch today and another tomorrow.
"""

from __future__ import annotations

import ast
import signal
from collections.abc import Hashable
from dataclasses import dataclass
from types import CodeType, FrameType

from architect.wick.search.checks import Check, Checks, Failed, Namespace
from architect.wick.search.program import TICK, Program

# What may take longer than this is not asked again.
SHORT_S = 1.0


class OutOfSteps(BaseException):
    """A candidate ran longer than it may; not for a candidate's `except Exception`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check ended: `passed`, `wrong`, `raised`, `steps`; `detail` tells two apart."""

    how: str
    steps: int
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the candidate does what this check wants."""
        return self.how == "passed"


class Runner:
    """Compiles the units of a program's tree and runs checks on them."""

    def __init__(self, program: Program, checks: Checks) -> None:
        self.program = program
        self.checks = checks
        self.units = [self.compile(index) for index in range(len(program.tree.body))]
        self.extras: Namespace = {}
        self._base = checks.base()
        self._left = 0
        signal.signal(signal.SIGPROF, _late)

    def compile(self, unit: int) -> CodeType:
        """Return the code of one top-level statement as it stands in the tree."""
        statement = self.program.tree.body[unit]
        module = ast.Module([statement], [])
        return compile(module, "<program>", "exec", dont_inherit=True)

    def namespace(self, units: list[CodeType], steps: int, seconds: float) -> Namespace:
        """Return a namespace in which the units have run; limits begin here."""
        self._left = steps
        signal.setitimer(signal.ITIMER_PROF, seconds)
        namespace: Namespace = {
            "__name__": "program",
            **self._base,
            TICK: self.tick,
            **self.extras,
        }
        for code in units:
            exec(code, namespace)
        return namespace

    def run(
        self, units: list[CodeType], check: Check, steps: int, seconds: float
    ) -> Outcome:
        """Return how one check ends, with at most `steps` ticks and CPU seconds."""
        outcome = self._once(units, check, steps, seconds)
        if outcome.how == "steps" and self.was_late(seconds):
            outcome = self._once(units, check, steps, seconds)
        return outcome

    def was_late(self, seconds: float) -> bool:
        """Tell, after an OutOfSteps, whether a short timer struck and no step was missing."""
        return seconds <= SHORT_S and self._left >= 0

    def _once(
        self, units: list[CodeType], check: Check, steps: int, seconds: float
    ) -> Outcome:
        try:
            try:
                namespace = self.namespace(units, steps, seconds)
                self.checks.setup(namespace)
                check.run(namespace)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
        except OutOfSteps:
            return Outcome("steps", steps)
        except (Failed, AssertionError) as error:
            how = "raised" if getattr(error, "raised", False) else "wrong"
            return Outcome(how, steps - self._left, _short(error))
        except (KeyboardInterrupt, SystemExit, GeneratorExit, Exception) as error:
            return Outcome("raised", steps - self._left, type(error).__name__)
        return Outcome("passed", steps - self._left)

    def tick(self) -> None:
        """Count one step; past the limit, end the run."""
        self._left -= 1
        if self._left < 0:
            raise OutOfSteps


def _late(_: int, __: FrameType | None) -> None:
    raise OutOfSteps


def _short(error: BaseException) -> str:
    try:
        return repr(getattr(error, "seen", ""))[:200]
    except Exception as broken:
        return type(broken).__name__


def code_key(code: CodeType) -> Hashable:
    """Return a key that is equal for code that does the same, wherever it stood."""
    constants = tuple(
        code_key(value) if isinstance(value, CodeType) else (type(value), repr(value))
        for value in code.co_consts
    )
    return (
        code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars,
        code.co_cellvars, code.co_flags, code.co_argcount, code.co_exceptiontable,
    )  # fmt: skip
