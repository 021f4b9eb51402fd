"""A candidate on given inputs only: does it fail on them, does it answer like another?

For Wick, which knows the inputs. No verdict of acceptance comes from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from architect.gate.contract import examples
from architect.gate.contract.failure import Broken, Failure
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.session import Session
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Terms
from architect.gate.gate import Gate
from architect.gate.trials import Trials
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.values import Encoded, decode, difference, encode

CASES = 60

Arguments = Mapping[str, Any]
# Finds smaller arguments; is told which of them still fail in the same way.
Smaller = Callable[[Arguments, Callable[[Arguments], bool]], dict[str, Any]]


@dataclass(frozen=True)
class Reproduced:
    """Inputs (in plain form) on which a body fails in the gate, and how it fails."""

    arguments: dict[str, Encoded]
    failure: Failure


@dataclass(frozen=True)
class Replay:
    """Replays calls of bodies of one spec; `modules` are the accepted texts by name."""

    gate: Gate
    spec: Spec
    graph: SpecGraph
    modules: Mapping[str, str]

    def reproduce(
        self, body: str, arguments: Mapping[str, Encoded], smaller: Smaller
    ) -> Reproduced | None:
        """Return the smallest input on which a body fails as it does on `arguments`.

        `arguments` are in plain form. None when the body does not fail on them here.
        One worker serves all trials.
        """
        kept: list[Mapping[str, Any]] = []

        def run(terms: Terms, inputs: Inputs) -> Session:
            trials = Trials(terms)
            given = {n: decode(plain, terms.records) for n, plain in arguments.items()}
            first = trials.failure(given)
            if first is None:
                return Session(None, 1)
            kept.append(smaller(given, trials.like(first, given)))
            return Session(trials.last, 0)

        failure = self.gate.run(self.spec, self.graph, body, self.modules, run)
        if failure is None:
            return None
        if not kept:  # the body could not even be loaded
            return Reproduced(dict(arguments), failure)
        return Reproduced({n: encode(value) for n, value in kept[0].items()}, failure)

    def broken_example(self, body: str) -> Failure | None:
        """Return how a body fails one of its spec's examples, held back or not; None where
        it keeps all. Much quicker than the whole gate, which has the last word."""

        def run(terms: Terms, inputs: Inputs) -> Session:
            checks = examples.checks(terms, held_back=False)
            for check in [*checks, *examples.checks(terms, held_back=True)]:
                try:
                    failure = check.run()
                except Broken as broken:
                    failure = broken.failure
                if failure is not None:
                    return Session(failure, 0)
            return Session(None, 0)

        return self.gate.run(self.spec, self.graph, body, self.modules, run)

    def asking(self, body: str, look: Callable[[Terms], None]) -> None:
        """Let `look` call a body in the sandbox; nothing where it cannot be loaded."""

        def run(terms: Terms, inputs: Inputs) -> Session:
            look(terms)
            return Session(None, 0)

        self.gate.run(self.spec, self.graph, body, self.modules, run)

    def answers(self, body: str, cases: int = CASES) -> list[Answer]:
        """Return a body's answers to drawn inputs, the same inputs for every body."""
        found: list[Answer] = []

        def run(terms: Terms, inputs: Inputs) -> Session:
            if not self.spec.ports and self.spec.params:
                drawn = inputs.sample("agreement", cases, terms.allowed)
                found.extend(terms.call(arguments) for arguments in drawn)
            return Session(None, len(found))

        failure = self.gate.run(self.spec, self.graph, body, self.modules, run)
        return [] if isinstance(failure, Failure) else found

    def agreement(self, good: str, body: str) -> float:
        """Return the share of drawn inputs, 0 to 1, on which two bodies answer alike.

        1.0 for an action, whose answers depend on its ports.
        """
        mine, theirs = self.answers(good), self.answers(body)
        if not mine or len(mine) != len(theirs):
            return 1.0 if not mine else 0.0
        pairs = zip(mine, theirs, strict=True)
        same = sum(_alike(a, b, self.spec.tolerance) for a, b in pairs)
        return same / len(mine)


def _alike(a: Answer, b: Answer, tolerance: float) -> bool:
    if a.status != "value" or b.status != "value":
        return (a.status, a.error) == (b.status, b.error)
    return difference(a.value, b.value, tolerance) is None
