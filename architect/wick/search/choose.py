"""Which of the patches that pass all checks: the natural one that others agree with.

Passing patches are run on fresh inputs like those of the checks. Patches that do the same
there vote together, each by its prior: many small edits that mean the same are likelier
right than one that fits the checks alone. Breaking where others answer counts against.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
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
STRANGE = 3.0  # and one that gives another kind of value on every one
TRUST = 6  # checks
CHANGED = 6.0  # and one that changes every value of a program that was never wrong
SEED = 7


@dataclass(frozen=True)
class Passing:
    """A patch that passes: its source, the edits that made it, what they cost; `slow` if
    it needed more time than others get."""

    source: str
    families: tuple[str, ...]
    cost: float
    slow: bool = False


@dataclass(frozen=True)
class Answers:
    """What each patch, and the program before, does on the same fresh calls.

    `right` and `wrong` count the checks on which the program before gave a value.
    """

    patches: list[list[str]]
    before: list[str]
    right: int
    wrong: int


def run_on_fresh(
    before: Program, found: list[Passing], checks: Checks, seen: Observed
) -> Answers:
    """Return the answers; for a worker."""
    calls = checks.fresh()[:CALLS] or _distinct(seen.calls)
    programs = [before, *(Program(one.source) for one in found)]
    told = []
    for program in programs:
        runner = Runner(program, checks)
        told.append(behaviour(runner, runner.units, calls))
    how = [outcome.how for outcome in seen.outcomes]
    return Answers(told[1:], told[0], how.count("passed"), how.count("wrong"))


def _distinct(calls: list[Call]) -> list[Call]:
    found: dict[str, Call] = {}
    for number, call in enumerate(fresh_calls(calls, SEED)):
        found.setdefault(canonical(call[1:]), call)
        if len(found) >= CALLS or number >= 4 * CALLS:
            break
    return list(found.values())


def scores(found: list[Passing], answers: Answers | None) -> list[float]:
    """Return each patch's score: less is better."""
    if answers is None:
        return [one.cost for one in found]
    costs = [
        one.cost + BREAKS * breaks + STRANGE * strange + _surprise(told, answers)
        for one, told, breaks, strange in zip(
            found, answers.patches, _broken(answers), _strange(answers), strict=True
        )
    ]
    votes: dict[Any, float] = defaultdict(float)
    for cost, told in zip(costs, answers.patches, strict=True):
        votes[tuple(told)] += math.exp(-cost)
    # Among those that vote together the shorter one wins, then the cheaper.
    return [
        -math.log(votes[tuple(told)] + 1e-300) + 0.01 * cost + 0.002 * len(one.source)
        for one, cost, told in zip(found, costs, answers.patches, strict=True)
    ]


def _broken(answers: Answers) -> list[float]:
    """Return on what share of the calls each patch breaks where another does not."""
    whole: Counter[int] = Counter()
    for told in answers.patches:
        whole.update(n for n, text in enumerate(told) if not text.startswith("!"))
    return [
        _share(text.startswith("!") and whole[n] > 0 for n, text in enumerate(told))
        for told in answers.patches
    ]


def _strange(answers: Answers) -> list[float]:
    """Return on what share of the calls each patch gives a kind of value that the program
    before never gave, and that another patch does not give there."""
    known = {_kind(text) for text in answers.before}
    usual: list[set[str]] = [set() for _ in answers.before]
    for told in answers.patches:
        for n, text in enumerate(told):
            usual[n].add(_kind(text))
    shares = [
        _share(
            _kind(t) not in known | {"!"} and len(usual[n]) > 1
            for n, t in enumerate(told)
        )
        for told in answers.patches
    ]
    return [share and 0.3 + share for share in shares]


def _kind(text: str) -> str:
    if text in ("True", "False"):
        return "bool"
    return "number" if text[:1] in "-0123456789" else text[:1]


def _surprise(told: list[str], answers: Answers) -> float:
    """Return how unlikely a patch's agreement with the program before is.

    On the checks where it gave a value, the program before was right on a share p of them;
    a right patch agrees with it on about as many fresh calls. The price is the divergence
    KL(p || agreement), times the number of checks, up to `TRUST`. A program that was never
    wrong, only broke, must be left alone wherever it gave a value.
    """
    pairs = [(a, b) for a, b in zip(told, answers.before, strict=True) if b[:1] != "!"]
    checks = answers.right + answers.wrong
    if not pairs or not checks:
        return 0.0
    agreed = (sum(a == b for a, b in pairs) + 0.5) / (len(pairs) + 1)
    if not answers.wrong:
        differs = _share(a != b for a, b in pairs)
        return min(checks, TRUST) / TRUST * (CHANGED * differs + (differs > 0))
    p = (answers.right + 0.5) / (checks + 1)
    divergence = p * math.log(p / agreed) + (1 - p) * math.log((1 - p) / (1 - agreed))
    # Checks are picked to be telling, so agreeing more than on them is no wonder.
    return min(checks, TRUST) * divergence * (0.3 if agreed > p else 1.0)


def _share(found: Iterable[bool]) -> float:
    told = list(found)
    return sum(told) / len(told) if told else 0.0
