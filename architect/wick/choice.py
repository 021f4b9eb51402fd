"""Which clone of those that pass: agreement with the last good version, then least change."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from architect.code_generator import Generated
from architect.wick.candidates import Clone


@dataclass(frozen=True, slots=True)
class Passed:
    """A clone that the gate accepted. `agreement` is the share of calls, 0 to 1, on which
    it answers as the last good version does; `change` counts changed lines of the body.
    """

    clone: Clone
    made: Generated
    agreement: float
    change: int


def changed_lines(before: str, after: str) -> int:
    """Return how many lines were added or removed."""
    diff = difflib.ndiff(before.splitlines(), after.splitlines())
    return sum(line[:2] in ("+ ", "- ") for line in diff)


def best(passed: list[Passed]) -> Passed:
    """Return the one to take; ties go to the one that came first, the cheaper one."""
    return min(passed, key=lambda one: (-one.agreement, one.change))
