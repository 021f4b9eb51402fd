"""The strength of one spec: which of the mutants that differ do its tests catch?"""

from __future__ import annotations

import difflib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from architect.gate.contract.inputs import Inputs
from architect.gate.contract.session import Session
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Terms
from architect.gate.format import format_body
from architect.gate.gate import Gate
from architect.gate.structure import check_candidate
from architect.gate.verdict import UNKNOWN, Caught, CounterExample
from architect.strength.bench import ALL, Bench, Call
from architect.strength.cases import Case, Cases, Played
from architect.strength.mutants import Body, Mutant
from architect.strength.nearby import nearby, shape
from architect.strength.scripts import longer, trimmed
from core.errors import GateError
from core.plain_data import Plain
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.sweeps import unswept
from core.template_footer import render_module
from core.values import difference

# So many cases are tried before the rest is: those that caught most mutants so far.
FIRST = 12
_CAUGHT = attrgetter("caught")
# So often what a port was asked beyond a script is answered.
ROUNDS = 2


@dataclass(frozen=True)
class Survivor:
    """A wrong program that the spec allows; `body` is unformatted.

    `example` shows an input on which it differs, with what the accepted body does;
    None where no such input was found, so that it may be the same program.
    """

    kind: str
    line: int
    body: str
    example: CounterExample | None = None

    def diff(self, spec: Spec, accepted: str) -> str:
        """Return the changed lines, formatted; both texts are unformatted trees."""
        before, after = (
            format_body(spec, text).splitlines() for text in (accepted, self.body)
        )
        lines = difflib.ndiff(before, after)
        return "\n".join(line.rstrip() for line in lines if line[0] in "+-")

    def as_example(self) -> dict[str, Plain]:
        """Return what to paste into the spec's examples."""
        assert self.example is not None
        return {
            "name": f"{self.kind} of line {self.line}",
            "held_back": True,
            **self.example.as_example(),
        }


@dataclass(frozen=True)
class Strength:
    """What became of the mutants of one accepted body."""

    name: str
    caught: Caught
    survivors: tuple[Survivor, ...]
    equivalent: tuple[Survivor, ...]
    seconds: float
    accepted: str


def measure(
    gate: Gate, spec: Spec, graph: SpecGraph, body: str, modules: Mapping[str, str]
) -> Strength:
    """Try all mutants of an accepted body in the gate's sandbox.

    `modules` are the accepted module texts by name. GateError when the accepted body
    itself fails the spec's tests.
    """
    started = time.perf_counter()
    found: list[_Trials] = []

    def run(terms: Terms, inputs: Inputs) -> Session:
        tree = Body(spec, graph, render_module(spec, body, gate.package), gate.package)
        with unswept():
            trials = _Trials(terms, inputs, tree, body)
            try:
                trials.run()
            finally:
                trials.bench.close()
        found.append(trials)
        return Session(None, 0)

    failure = gate.run(spec, graph, body, modules, run)
    if failure is not None:
        raise GateError(failure.message, hint=failure.hint)
    seconds = time.perf_counter() - started
    return found[0].result(seconds)


class _Trials:
    """All mutants of one body under all cases of its spec."""

    def __init__(self, terms: Terms, inputs: Inputs, tree: Body, body: str) -> None:
        self.terms, self.tree, self.body = terms, tree, body
        self.bench = Bench(terms.subject, tree.code)
        self.played = Played(terms.subject, self.bench)
        self.inputs = inputs
        self.killed = 0
        self.survivors: list[Survivor] = []
        self.equivalent: list[Survivor] = []

    def run(self) -> None:
        cases = Cases(self.terms, self.inputs, self.played)
        self.examples, self.drawn = cases.examples, cases.drawn
        self.extra = self._extra()
        for mutant in self.tree.mutants():
            self._try(mutant)

    def result(self, seconds: float) -> Strength:
        """Return what was found."""
        spec = self.terms.spec
        differing = self.killed + len(self.survivors)
        return Strength(
            spec.name,
            Caught(self.killed, differing, spec.strength),
            tuple(self.survivors),
            tuple(self.equivalent),
            seconds,
            self.tree.text(),
        )

    def _extra(self) -> list[int]:
        """Learn further inputs; return those that the accepted body answers well."""
        numbers = self.played.learn(nearby(self.terms, self.inputs, self.body))
        last = numbers
        for _ in range(ROUNDS):
            last = self.played.learn([c for n in last for c in self._longer(n)])
            numbers += last
        return [n for n in dict.fromkeys(numbers) if self._is_good(n)]

    def _longer(self, number: int) -> list[Call]:
        call, answer = self.bench.calls[number], self.bench.answer(number)
        return longer(self.terms, self.inputs, call, answer)

    def _is_good(self, number: int) -> bool:
        call, answer = self.bench.calls[number], self.bench.answer(number)
        if answer.error == "UnexpectedCall" or answer.status not in ("value", "raised"):
            return False
        return self.terms.fault(call.arguments, answer) is None

    # --- one mutant ----------------------------------------------------------------

    def _try(self, mutant: Mutant) -> None:
        otherwise: dict[int, str] = {}
        tried: set[int] = set()
        for cases in self._groups():
            which = dict.fromkeys(n for case in cases for n in case.touched)
            left = [n for n in which if n not in tried]
            # The first difference mostly is the end of it. A case that calls with
            # several inputs is judged once the answers to all of them are known.
            for most in (1, ALL):
                if most == ALL and not left:
                    continue
                found = self.bench.differing(mutant.code, left, most)
                otherwise.update(found)
                known = left.index(next(iter(found))) + 1 if found else len(left)
                tried.update(left if most == ALL else left[:known])
                left = left[known:]
                touched = [
                    c for c in cases
                    if c.touched <= tried and not c.touched.isdisjoint(otherwise)
                ]  # fmt: skip
                if touched and self._caught(mutant, touched, otherwise, tried):
                    return
        rest = [n for n in self.extra if n not in tried]
        otherwise.update(self.bench.differing(mutant.code, rest))
        differing = self._differing(otherwise)
        if not differing:
            self.equivalent.append(self._survivor(mutant))
        else:
            self._survived(mutant, differing)

    def _groups(self) -> list[list[Case]]:
        """Return the cases in the order of trial: examples, the best catchers, the rest;
        of each those first that caught most so far."""
        examples, drawn = (
            sorted(cases, key=_CAUGHT, reverse=True)
            for cases in (self.examples, self.drawn)
        )
        return [examples, drawn[:FIRST], drawn[FIRST:]]

    def _caught(
        self,
        mutant: Mutant,
        cases: Sequence[Case],
        otherwise: Mapping[int, str],
        tried: Collection[int],
    ) -> bool:
        self.played.trial(mutant.code, otherwise, tried)
        for case in cases:
            if case.fails():
                case.caught += 1
                self.killed += 1
                return True
        return False

    def _differing(self, otherwise: Mapping[int, str]) -> list[tuple[int, int, Answer]]:
        """Return length, number and answer of the inputs on which the answers differ."""
        return [
            (len(self.bench.first[n]) + len(str(self.bench.calls[n])), n, answer)
            for n, answer in ((n, self.bench.read(t)) for n, t in otherwise.items())
            if not self._alike(self.bench.answer(n), answer)
        ]

    def _survivor(self, mutant: Mutant) -> Survivor:
        with mutant.edit.made():
            text = self.tree.text()
        return Survivor(mutant.edit.kind, mutant.line, text)

    def _survived(
        self, mutant: Mutant, differing: Sequence[tuple[int, int, Answer]]
    ) -> None:
        survivor, spec = self._survivor(mutant), self.terms.spec
        graph, package = self.terms.graph, self.tree.package
        if check_candidate(spec, graph, survivor.body, package)[1]:
            # It would not get as far as the tests.
            return
        _, number, answer = min(differing, key=lambda one: one[:2])
        example = self._example(number, answer)
        self.survivors.append(replace(survivor, example=example))

    def _alike(self, one: Answer, other: Answer) -> bool:
        if (one.status, one.error, one.changed) != (
            other.status, other.error, other.changed,
        ):  # fmt: skip
            return False
        tolerance = self.terms.spec.tolerance
        pairs: tuple[tuple[Any, Any], ...] = (
            (one.value, other.value),
            (list(one.calls), list(other.calls)),
        )
        return all(difference(a, b, tolerance) is None for a, b in pairs)

    def _example(self, number: int, answer: Answer) -> CounterExample:
        right = self.bench.answer(number)
        call = trimmed(self.bench.calls[number], right)
        return CounterExample(
            shape(self.terms, call.arguments),
            right.value if right.status == "value" else UNKNOWN,
            answer.shown,
            "",
            ports=call.script.plain if call.script else None,
            raises=right.error or None,
        )
