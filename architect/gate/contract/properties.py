"""Checks over many inputs: results keep type and ensures, and every property holds.

Inputs are drawn; those of a spec with ports are its examples with their scripts,
because nobody can draw what an exchange answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from architect.gate.contract.failure import Broken, Check, Failure
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.ports import Script, script
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Arguments, Terms
from architect.gate.expressions import holds, names
from core.spec import Domain, Property, Spec

Fails = Callable[..., Failure | None]


class _NotAllowed(BaseException):
    """`call(...)` was given what `requires` refuse: the claim says nothing there."""


# The claim whose inputs other checks use too: on these everything is judged.
RESULTS = "ensures"


def results(terms: Terms, inputs: Inputs, cases: int, salt: str = "") -> Check:
    """Return the check that drawn inputs give a result that keeps the whole contract."""
    claims = [prop for prop in terms.spec.properties if not prop.given]

    def fails(arguments: Arguments, played: Script | None = None) -> Failure | None:
        answer = terms.call(arguments, played)
        failure = _result_fault(terms, arguments, answer)
        if failure is None and answer.status == "value":
            every = (_broken(terms, p, arguments, answer, played) for p in claims)
            failure = next(filter(None, every), None)
        if failure is None:
            terms.judged.append((arguments, played))
        return failure

    run = _over_inputs(terms, inputs, {}, fails, cases, RESULTS + salt)
    return Check("ensures", run)


def result_cases(terms: Terms, cases: int) -> int:
    """Return how many inputs `results` draws.

    Every case of a property checks the result too, so only what these leave.
    """
    of_properties = sum(prop.cases for prop in terms.spec.properties if not prop.given)
    return max(cases - of_properties, cases // 4, 1)


def calls(spec: Spec, prop: Property) -> bool:
    """Tell whether a property calls the module again, or another one."""
    return not {"call", *spec.uses}.isdisjoint(names(prop.check))


def _result_fault(terms: Terms, arguments: Arguments, answer: Answer) -> Failure | None:
    if failure := terms.fault(arguments, answer):
        return failure
    if answer.changed:
        why = f"{terms.spec.name} changes its argument {answer.changed[0]}"
        return terms.failure(why, arguments, answer)
    return None


def checks(
    terms: Terms, inputs: Inputs, share: float = 1.0, salt: str = ""
) -> list[Check]:
    """Return one check for each property; `share` of its cases, at least one."""
    made = []
    for prop in terms.spec.properties:
        cases = max(1, round(prop.cases * share))
        fails = _property_fails(terms, prop)
        claim = f"property {prop.name}{salt}"
        run = _over_inputs(terms, inputs, prop.given, fails, cases, claim)
        made.append(Check(f"property {prop.name}", run))
    return made


def _over_inputs(
    terms: Terms,
    inputs: Inputs,
    given: Mapping[str, Domain],
    fails: Fails,
    cases: int,
    claim: str,
) -> Callable[[], Failure | None]:
    spec = terms.spec
    if spec.ports:
        return lambda: _over_examples(terms, fails)
    if not spec.params:
        return lambda: fails({})

    def run() -> Failure | None:
        return inputs.smallest(claim, fails, cases, terms.allowed, given)

    return run


def _over_examples(terms: Terms, fails: Fails) -> Failure | None:
    """Run over the visible examples; held-back ones are judged by themselves."""
    for example in terms.spec.examples:
        if not example.held_back and example.raises is None:
            played = script(terms.spec, example.ports, terms.records)
            if failure := fails(terms.load(example.given), played):
                return failure
    return None


def _property_fails(terms: Terms, prop: Property) -> Fails:
    def fails(arguments: Arguments, played: Script | None = None) -> Failure | None:
        answer = terms.call(arguments, played)
        failure = _result_fault(terms, arguments, answer)
        if failure is not None or answer.status != "value":
            return failure
        return _broken(terms, prop, arguments, answer, played)

    return fails


def _broken(
    terms: Terms,
    prop: Property,
    arguments: Arguments,
    answer: Answer,
    played: Script | None,
) -> Failure | None:
    scope = {**terms.names(arguments), "result": answer.value}
    scope["call"] = _caller(terms, {**terms.defaults, **arguments}, played)
    try:
        held, why = holds(prop.check, scope)
    except _NotAllowed:
        return None
    why = f"property {prop.name!r}: {why}"
    return None if held else terms.failure(why, arguments, answer, script=played)


def _caller(
    terms: Terms, arguments: Arguments, played: Script | None
) -> Callable[..., Any]:
    """Return what `call(**changes)` does in a property."""

    def call(**changes: Any) -> Any:
        changed = {**arguments, **changes}
        if not terms.allowed(changed):
            raise _NotAllowed
        answer = terms.call(changed, played)
        if answer.status == "raised" and answer.error in terms.raised:
            raise _NotAllowed
        if answer.status != "value":
            failure = terms.bad_end(changed, answer)
            assert failure is not None
            raise Broken(failure)
        return answer.value

    return call
