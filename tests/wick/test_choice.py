"""Which clone of those that pass is taken."""

from __future__ import annotations

import pytest

from architect.code_generator import Generated
from architect.gate.verdict import Verdict
from architect.wick.candidates import Clone
from architect.wick.choice import Passed, best, changed_lines


def passed(origin: str, agreement: float, change: int) -> Passed:
    verdict = Verdict(accepted=True, stage="contract")
    made = Generated("rsi", "", "", verdict, None, 1)
    return Passed(Clone(origin, ""), made, agreement, change)


def test_agreement_counts_before_the_size_of_the_change() -> None:
    rows = [passed("near", 0.9, 1), passed("agreeing", 1.0, 9)]
    assert best(rows).clone.origin == "agreeing"


def test_the_smallest_change_wins_among_equals_and_then_the_first() -> None:
    rows = [passed("large", 1.0, 4), passed("first", 1.0, 2), passed("second", 1.0, 2)]
    assert best(rows).clone.origin == "first"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a\n", "a\n", 0),
        ("a\nb\n", "a\nc\n", 2),
        ("", "a\n", 1),
        ("a\nb\nc\n", "b\n", 2),
    ],
)
def test_changed_lines_are_those_added_and_removed(
    before: str, after: str, lines: int
) -> None:
    assert changed_lines(before, after) == lines
