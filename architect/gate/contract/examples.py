"""Checks of the examples: result, error or port calls are exactly as written."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.ports import script
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Arguments, Terms, describe
from core.spec import Example
from core.values import difference


def checks(terms: Terms, *, held_back: bool) -> list[Check]:
    """Return one check for each visible example, or for each that is held back."""
    return [
        Check(_name(i, example), partial(_check, terms, example))
        for i, example in enumerate(terms.spec.examples)
        if example.held_back == held_back
    ]


def _name(i: int, example: Example) -> str:
    return "held-back example" if example.held_back else f"example {example.name or i}"


def _check(terms: Terms, example: Example) -> Failure | None:
    failure = broken(terms, example)
    if failure is None or not example.held_back:
        return failure
    return redacted(failure, terms)


def broken(terms: Terms, example: Example) -> Failure | None:
    """Run one example; the failure shows all of it, held back or not."""
    arguments = terms.load(example.given)
    played = script(terms.spec, example.ports, terms.records)
    answer = terms.call(arguments, played)
    why = _why(terms, example, arguments, answer)
    if played is not None and (not why or answer.error == "UnexpectedCall"):
        why = played.fault(answer.calls) or why
    if not why:
        terms.judged.append((arguments, played))
        return None
    expected = terms.expected(example) if example.raises is None else None
    return terms.failure(
        why, arguments, answer, expected=expected, raises=example.raises, script=played
    )


def _why(
    terms: Terms, example: Example, arguments: Arguments, answer: Answer
) -> str | None:
    if answer.status not in ("value", "raised"):
        return describe(answer, terms.spec)
    if example.raises is not None:
        return _wrong_error(example.raises, answer)
    if answer.status == "raised":
        return describe(answer, terms.spec)
    if answer.changed:
        return f"{terms.spec.name} changes its argument {answer.changed[0]}"
    tolerance = example.tolerance
    return difference(
        terms.expected(example),
        answer.value,
        terms.spec.tolerance if tolerance is None else tolerance,
    )


def _wrong_error(wanted: str, answer: Answer) -> str | None:
    if answer.status == "value":
        return f"expected {wanted}, got a result"
    if answer.error != wanted:
        return f"expected {wanted}, got {answer.error}: {answer.message}"
    return None


def redacted(failure: Failure, terms: Terms) -> Failure:
    """Return the failure without anything of the held-back example in it."""
    assert failure.counter_example is not None
    return replace(
        failure,
        message=(
            f"{terms.spec.name} is wrong on an example that is not shown; read the "
            "intent, the notes and the properties again"
        ),
        counter_example=None,
        private=failure.counter_example,
        line=None,
    )
