"""Check that the same input gives the same result: now, later and in a fresh process.

State kept between calls, the order of a set and mutable defaults all show here.
"""

from __future__ import annotations

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.ports import Script, script
from architect.gate.contract.properties import RESULTS
from architect.gate.contract.subject import Answer, Subject
from architect.gate.contract.terms import Arguments, Terms
from core.values import difference

Input = tuple[Arguments, Script | None]


def check(terms: Terms, drawn: Inputs, cases: int, most: int) -> Check:
    """Return the check: every input twice, the second time elsewhere, last first.

    The inputs are the first `most` of the `cases` on which results are judged.
    """

    def run() -> Failure | None:
        inputs = _inputs(terms, drawn, cases, most)
        first = _answers(terms.subject, inputs)
        again = _answers(terms.subject, inputs)
        with terms.subject.elsewhere() as other:
            fresh = _answers(other, inputs[::-1])[::-1]
        for later in (again, fresh):
            for one, before, after in zip(inputs, first, later, strict=True):
                if why := _differs(before, after):
                    return _failure(terms, one, before, after, why)
        return None

    return Check("repeatable", run)


def _answers(subject: Subject, inputs: list[Input]) -> list[Answer]:
    return list(subject.each(lambda one: subject.call(*one), inputs))


def _inputs(terms: Terms, drawn: Inputs, cases: int, most: int) -> list[Input]:
    shown = [example for example in terms.spec.examples if not example.held_back]
    inputs: list[Input] = [
        (terms.load(e.given), script(terms.spec, e.ports, terms.records)) for e in shown
    ]
    if terms.spec.params and not terms.spec.ports:
        calls = drawn.sample(RESULTS, cases, terms.allowed)
        inputs += [(arguments, None) for arguments in calls[:most]]
    return inputs


def _differs(first: Answer, second: Answer) -> str | None:
    if first.status != second.status or first.error != second.error:
        return f"first {first.status}, then {second.status}"
    return difference(first.value, second.value)


def _failure(
    terms: Terms, one: Input, first: Answer, second: Answer, why: str
) -> Failure:
    why = f"{terms.spec.name} is not repeatable: the same input again gives {why}"
    return terms.failure(why, one[0], second, expected=first.shown, script=one[1])
