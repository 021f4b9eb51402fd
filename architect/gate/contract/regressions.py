"""Checks of inputs that once failed in the running system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.ports import Script, script
from architect.gate.contract.terms import Arguments, Terms
from architect.gate.verdict import UNKNOWN
from core import types
from core.errors import SpecError
from core.spec import PortCall
from core.values import Encoded, NotPlain, decode, difference

ABSENT: Any = UNKNOWN


@dataclass(frozen=True)
class Regression:
    """One input that once failed, in encoded form, and what is known of its result.

    `expected` is encoded too, ABSENT where only the contract is known. `ports` are
    the scripted calls of an action, as an example writes them.
    """

    arguments: Mapping[str, Encoded]
    expected: Encoded = ABSENT
    ports: Mapping[str, list[PortCall]] = field(default_factory=dict)
    why: str = ""


def checks(terms: Terms, regressions: Sequence[Regression]) -> list[Check]:
    """Return one check for each regression."""
    return [
        Check(f"regression {i}", partial(broken, terms, regression))
        for i, regression in enumerate(regressions)
    ]


def broken(terms: Terms, regression: Regression) -> Failure | None:
    """Run one regression; one that the module can no longer be given says nothing."""
    given = playable(terms, regression)
    if given is None:
        return None
    arguments, played = given
    if not terms.allowed(arguments):
        return _refused(terms, arguments)
    answer = terms.call(arguments, played)
    if played is not None and played.unanswered(answer.calls):
        # It went further than what was recorded of its ports: nothing can be said.
        return None
    if failure := terms.fault(arguments, answer):
        return failure
    if regression.expected is ABSENT or answer.status != "value":
        return None
    try:
        expected = decode(regression.expected, terms.records)
    except NotPlain:
        return None
    why = difference(expected, answer.value, terms.spec.tolerance)
    if why is None:
        return None
    return terms.failure(why, arguments, answer, expected=expected)


def playable(
    terms: Terms, regression: Regression
) -> tuple[Arguments, Script | None] | None:
    """Return the arguments of a regression and the script of its ports.

    None where the spec has changed so that it cannot be called so any more: a parameter
    is new, a value is of another type, a record has other fields, a port other methods.
    """
    given = {n: v for n, v in regression.arguments.items() if n in terms.kinds}
    try:
        arguments = {n: decode(plain, terms.records) for n, plain in given.items()}
        played = script(terms.spec, regression.ports, terms.records)
    except (NotPlain, SpecError):
        return None
    fit = all(types.matches(terms.kinds[n], value) for n, value in arguments.items())
    whole = terms.kinds.keys() <= arguments.keys() | terms.defaults.keys()
    return (arguments, played) if fit and whole else None


def _refused(terms: Terms, arguments: Arguments) -> Failure | None:
    """What `requires` refuse must be refused, now as then."""
    answer = terms.call(arguments)
    if answer.error == "RequiresError":
        return None
    why = f"{terms.spec.name} accepts what its requires refuse"
    return terms.failure(why, arguments, answer, raises="RequiresError")
