"""A spec's contract tests as single cases that any code can be put under.

The same examples, claims and drawn inputs as in the gate's plan, but one by one, with the
inputs that each of them is about: where a mutant answers as the accepted body does, it
needs no judging. Left out is what no mutant can fail alone: the header's `requires`,
and repeatability.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from architect.gate.contract import causality, examples, properties
from architect.gate.contract.failure import Broken, Check, Failure
from architect.gate.contract.inputs import Fails, Inputs
from architect.gate.contract.plan import FULL
from architect.gate.contract.ports import Script, script
from architect.gate.contract.subject import Answer, Subject
from architect.gate.contract.terms import Arguments, Terms
from architect.gate.expressions import names
from architect.strength.bench import Bench, Call
from core.errors import GateError
from core.spec import Domain

# The gate has just held the accepted body against every case: some are asked again.
EVERY = 8
# So often a case begins again; one that calls more often than that learns call by call.
ROUNDS = 5


@dataclass
class Case:
    """One case of one check; `touched` are the numbers of the inputs it calls with,
    `given` is what was drawn for it, `caught` counts the mutants that it caught first.
    """

    check: str
    run: Callable[[], Failure | None]
    given: Arguments | None = None
    touched: frozenset[int] = frozenset()
    caught: int = 0

    def fails(self) -> bool:
        """Run it on the code that is under trial."""
        try:
            return self.run() is not None
        except Broken:
            return True


class _Collected(Inputs):
    """Hands out the drawn inputs of a check instead of searching among them."""

    def __init__(self, drawn: Inputs) -> None:
        super().__init__(drawn.spec, drawn.draw, None, drawn.pool)
        self.cases: list[tuple[Fails, Arguments]] = []

    def smallest(
        self,
        claim: str,
        fails: Fails,
        cases: int,
        allowed: Callable[[Arguments], bool],
        given: Mapping[str, Domain] | None = None,
        most: int | None = None,
    ) -> Failure | None:
        found = self.sample(claim, cases, allowed, given)[:most]
        self.cases += [(fails, arguments) for arguments in found]
        return None


class _Unlearned(BaseException):
    """An input whose answer must be learned before the case can go on."""


class Played(Subject):
    """Answers calls for the code under trial, from the bench where it is known.

    Between `learn` and the first `trial` it is the accepted body that answers.
    """

    def __init__(self, subject: Subject, bench: Bench) -> None:
        vars(self).update(vars(subject))
        self.bench = bench
        self.touched: set[int] = set()
        self.learning = True
        self._wanted: list[Call] | None = None
        self._numbers: dict[str, int] = {}
        self._by_id: dict[int, int] = {}
        self._alive: list[Call] = []
        self._code = bench.code
        self._otherwise: Mapping[int, str] = {}
        self._tried: Collection[int] = ()

    def learn(self, calls: list[Call]) -> list[int]:
        """Keep inputs; return their numbers, those of before for inputs known."""
        keys = [self._key(call) for call in calls]
        fresh = {
            k: c for k, c in zip(keys, calls, strict=True) if k not in self._numbers
        }
        start = len(self.bench.calls)
        if fresh:
            self.bench.keep(list(fresh.values()))
        self._numbers.update({key: start + i for i, key in enumerate(fresh)})
        numbers = [self._numbers[key] for key in keys]
        for call, number in zip(calls, numbers, strict=True):
            self._by_id[id(call.arguments)] = number
        # As long as they are alive, no other arguments have their ids.
        self._alive += calls
        return numbers

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Let unknown inputs end their case; learn all of them afterwards, at once.

        A trip to the worker costs more than to begin a case again.
        """
        wanted: list[Call] = []
        self._wanted = wanted
        try:
            yield
        finally:
            self._wanted = None
        if wanted:
            self.learn(wanted)

    def trial(
        self, code: bytes, otherwise: Mapping[int, str], tried: Collection[int]
    ) -> None:
        """Let another code answer: of the inputs `tried` as accepted but for what
        `otherwise` holds, of any other by being called."""
        self.learning = False
        self._code, self._otherwise, self._tried = code, otherwise, tried

    def call(
        self, arguments: Mapping[str, Any], script: Script | None = None
    ) -> Answer:
        """Answer as the code under trial does."""
        call = Call(dict(arguments), script)
        number = self._by_id.get(id(arguments)) if script is None else None
        if number is None:
            number = self._numbers.get(self._key(call))
        if number is None and self._wanted is not None:
            self._wanted.append(call)
            raise _Unlearned
        if number is None and self.learning:
            (number,) = self.learn([call])
        if number is None or not (self.learning or number in self._tried):
            return self.bench.call(self._code, call)
        if self.learning:
            self.touched.add(number)
        if number in self._otherwise:
            return self.bench.read(self._otherwise[number])
        return self.bench.answer(number)

    def _key(self, call: Call) -> str:
        return call.text + (json.dumps(call.script.answers) if call.script else "")


class Cases:
    """All cases of one spec, bound to one `Played`."""

    def __init__(self, terms: Terms, inputs: Inputs, played: Played) -> None:
        self.terms, self.played = copy.copy(terms), played
        self.terms.subject = played
        self.examples = self._of_examples()
        self.drawn = self._of_drawn(_Collected(inputs))

    def _of_examples(self) -> list[Case]:
        terms, spec = self.terms, self.terms.spec
        calls = [
            Call(terms.load(e.given), script(spec, e.ports, terms.records))
            for e in spec.examples
        ]
        self.played.learn(calls)
        cases = [
            Case(_name(e), partial(examples.broken, terms, e)) for e in spec.examples
        ]
        self._learn(cases)
        return cases

    def _of_drawn(self, collected: _Collected) -> list[Case]:
        terms = self.terms
        cases = properties.result_cases(terms, FULL.results)
        checks = [properties.results(terms, collected, cases)]
        checks += properties.checks(terms, collected)
        if terms.spec.kind == "indicator":
            checks.append(causality.check(terms, collected, cases, FULL.prefixes))
        made = [case for check in checks for case in self._split(check, collected)]
        numbers = self.played.learn([Call(given) for _, given in collected.cases])
        own = {
            id(given): n for (_, given), n in zip(collected.cases, numbers, strict=True)
        }
        asked = []
        for i, case in enumerate(made):
            if case.given is None or i % EVERY == 0 or self._calls(case.check):
                asked.append(case)
            else:
                case.touched = frozenset([own[id(case.given)]])
        self._learn(asked)
        return made

    def _calls(self, check: str) -> bool:
        """Tell whether a check calls the module with inputs of its own making.

        What a claim asks of used modules is the same whatever the mutant.
        """
        spec = self.terms.spec
        if check == "causality":
            return True
        mine = [
            p for p in spec.properties if check in (f"property {p.name}", "ensures")
        ]
        return any("call" in names(prop.check) for prop in mine)

    def _learn(self, cases: Iterable[Case]) -> None:
        """Learn which inputs the cases call with: some are of their own making."""
        left = list(cases)
        for _ in range(ROUNDS):
            with self.played.gathering():
                left = [case for case in left if not self._has_learned(case)]
        for case in left:
            self._has_learned(case)

    def _has_learned(self, case: Case) -> bool:
        self.played.touched = set()
        try:
            if case.fails():
                raise _not_accepted(self.terms, case.check)
        except _Unlearned:
            return False
        case.touched = frozenset(self.played.touched)
        return True

    def _split(self, check: Check, collected: _Collected) -> list[Case]:
        """Return a case for each drawn input, or one for a check that draws nothing."""
        before = len(collected.cases)
        self.played.touched = set()
        if check.run() is not None:
            raise _not_accepted(self.terms, check.name)
        if self.played.touched:
            touched = frozenset(self.played.touched)
            return [Case(check.name, check.run, touched=touched)]
        return [
            Case(check.name, partial(fails, arguments), arguments)
            for fails, arguments in collected.cases[before:]
        ]


def _name(example: Any) -> str:
    return "held-back example" if example.held_back else "example"


def _not_accepted(terms: Terms, check: str) -> GateError:
    name = terms.spec.name
    return GateError(
        f"{name}: its accepted body fails today's spec ({check})",
        hint=f"architect generate {name}",
    )
