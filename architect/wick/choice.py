"""Which clone of those that pass: it mends the failing input's neighbours too, agrees
with what ran well before, and changes least."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from architect.code_generator import Generated
from architect.wick.candidates import Clone


@dataclass(frozen=True, slots=True)
class Passed:
    """A clone that the gate accepted.

    `mended` is the share of the inputs near the failing one on which it no longer fails,
    `agreement` the share of other calls on which it answers as what ran well before,
    both 0 to 1; `change` counts changed lines of the body.
    """

    clone: Clone
    made: Generated
    agreement: float
    change: int
    mended: float = 1.0

    @property
    def order(self) -> tuple[float, float, int]:
        """Sort key, the best first: a patch for one input alone is the last of all."""
        return -self.mended, -self.agreement, self.change

    @property
    def is_perfect(self) -> bool:
        """Tell whether all that is known besides the spec speaks for it."""
        return self.mended == self.agreement == 1.0


def changed_lines(before: str, after: str) -> int:
    """Return how many lines were added or removed."""
    diff = difflib.ndiff(before.splitlines(), after.splitlines())
    return sum(line[:2] in ("+ ", "- ") for line in diff)


def best(passed: list[Passed]) -> Passed:
    """Return the one to take; ties go to the one that came first, the cheaper one."""
    return min(passed, key=lambda one: one.order)
