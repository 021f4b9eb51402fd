"""Which of the patches that pass all checks: the natural one that others agree with.

Passing patches are run on fresh inputs like those of the checks. Patches that do the same
there vote together, each by its prior: many small edits that mean the same are likelier
right than one that fits the checks alone. Breaking where others answer counts against.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from architect.wick.search.behaviour import behaviour, canonical
from architect.wick.search.checks import Checks
from architect.wick.search.inputs import Call, fresh_calls
from architect.wick.search.observe import Observed
from architect.wick.search.program import Program
from architect.wick.search.runner import Runner

CALLS = 60
MOST = 40
BREAKS = 4.0  # how much a patch costs more that breaks on every fresh input
SEED = 7


@dataclass(frozen=True)
class Passing:
    """A patch that passes: its source, the edits that made it, what they cost."""

    source: str
    families: tuple[str, ...]
    cost: float


def run_on_fresh(
    found: list[Passing], checks: Checks, seen: Observed
) -> list[list[str]]:
    """Return what each patch does on the same fresh calls; for a worker."""
    calls = _distinct(seen.calls)
    answers = []
    for one in found:
        program = Program(one.source)
        runner = Runner(program, checks)
        answers.append(behaviour(runner, runner.units, calls))
    return answers


def _distinct(calls: list[Call]) -> list[Call]:
    found: dict[str, Call] = {}
    for number, call in enumerate(fresh_calls(calls, SEED)):
        found.setdefault(canonical(call[1:]), call)
        if len(found) >= CALLS or number >= 4 * CALLS:
            break
    return list(found.values())


def scores(found: list[Passing], answers: list[list[str]]) -> list[float]:
    """Return each patch's score: less is better."""
    costs = [
        one.cost + BREAKS * share
        for one, share in zip(found, _broken(answers), strict=True)
    ]
    votes: dict[Any, float] = defaultdict(float)
    for cost, told in zip(costs, answers, strict=True):
        votes[tuple(told)] += math.exp(-cost)
    return [
        -math.log(votes[tuple(told)] + 1e-300) + 0.01 * cost
        for cost, told in zip(costs, answers, strict=True)
    ]


def _broken(answers: list[list[str]]) -> list[float]:
    """Return on what share of the calls each patch breaks where another does not."""
    if not answers or not answers[0]:
        return [0.0] * len(answers)
    whole: Counter[int] = Counter()
    for told in answers:
        whole.update(n for n, text in enumerate(told) if not text.startswith("!"))
    return [
        sum(text.startswith("!") and whole[n] > 0 for n, text in enumerate(told))
        / len(told)
        for told in answers
    ]
