"""Which checks a spec's contract comes to, in which order and with how many cases.

Cheap and telling ones first; held-back examples after them, so that whatever a drawn
input can show is shown by one. Coverage is last: it asks what all of them made use of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from architect.gate.contract import (
    causality,
    coverage,
    examples,
    properties,
    regressions,
    repeatable,
    requires,
)
from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.regressions import Regression
from architect.gate.contract.session import Session, run
from architect.gate.contract.terms import Terms


@dataclass(frozen=True)
class Effort:
    """How much is drawn: cases for the general checks, and a share of the properties';
    and whether every part of the body must have been needed."""

    results: int = 40
    repeats: int = 8
    prefixes: int = 12
    share: float = 1.0
    coverage: bool = True


FULL = Effort()
# A dependent was proved by itself; here only the candidate below it is new.
DEPENDENT = Effort(results=10, repeats=2, prefixes=4, share=0.2, coverage=False)
# After a held-back example failed: look harder for an input that may be shown.
HARDER = Effort(results=300, share=6.0)


def plan(
    terms: Terms,
    inputs: Inputs,
    effort: Effort = FULL,
    known: Sequence[Regression] = (),
) -> list[Check]:
    """Return the checks of a spec in order; `known` inputs count for coverage."""
    cases = properties.result_cases(terms, effort.results)
    made = examples.checks(terms, held_back=False)
    made += requires.checks(terms, inputs, cases)
    made += _drawn(terms, inputs, effort)
    made.append(repeatable.check(terms, inputs, cases, effort.repeats))
    if terms.spec.kind == "indicator":
        made.append(causality.check(terms, inputs, cases, effort.prefixes))
    made += examples.checks(terms, held_back=True)
    return [*made, coverage.check(terms, known)] if effort.coverage else made


def drawing(terms: Terms, inputs: Inputs) -> list[Check]:
    """Return those checks of a spec that draw inputs, for itself and as a dependent."""
    made: list[Check] = []
    for effort in (FULL, DEPENDENT):
        cases = properties.result_cases(terms, effort.results)
        made += requires.checks(terms, inputs, cases)
        made += _drawn(terms, inputs, effort)
        made.append(repeatable.check(terms, inputs, cases, effort.repeats))
        if terms.spec.kind == "indicator":
            made.append(causality.check(terms, inputs, cases, effort.prefixes))
    return made


def _drawn(terms: Terms, inputs: Inputs, effort: Effort, salt: str = "") -> list[Check]:
    cases = properties.result_cases(terms, effort.results)
    results = properties.results(terms, inputs, cases, salt)
    return [results, *properties.checks(terms, inputs, effort.share, salt)]


def prove(
    terms: Terms,
    inputs: Inputs,
    effort: Effort = FULL,
    known: Sequence[Regression] = (),
) -> Session:
    """Run the plan; a failure of a held-back example is shown by a drawn input if one
    can be found."""
    session = run(plan(terms, inputs, effort, known))
    session = replace(session, failure=_with_result(session.failure, terms))
    if session.failure is None or session.failure.private is None:
        return session
    shown = run(_drawn(terms, inputs, HARDER, " harder")).failure
    return Session(_shown_instead(session.failure, shown), session.held)


def _with_result(failure: Failure | None, terms: Terms) -> Failure | None:
    """Show the result where the wrapper refused it before it came out."""
    shown = failure.counter_example if failure else None
    if failure is None or shown is None or terms.spec.ports:
        return failure
    if not str(shown.got).startswith("EnsuresError: "):
        return failure
    answer = terms.subject.without_ensures(shown.given)
    if answer.status != "value":
        return failure
    why = terms.broken_ensures(shown.given, answer) or shown.why
    return replace(
        failure,
        message=why,
        counter_example=replace(shown, got=answer.value, why=why),
    )


def _shown_instead(held_back: Failure, shown: Failure | None) -> Failure:
    if shown is None:
        return held_back
    return Failure(
        shown.message,
        shown.counter_example,
        held_back.private,
        shown.line,
        shown.hint,
    )


def prove_regressions(terms: Terms, known: Sequence[Regression]) -> Session:
    """Run what once failed."""
    return run(regressions.checks(terms, known))
