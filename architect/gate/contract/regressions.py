"""Checks of inputs that once failed in the running system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.ports import script
from architect.gate.contract.terms import Arguments, Terms
from architect.gate.verdict import UNKNOWN
from core.spec import PortCall
from core.values import Encoded, decode, difference

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
    """Run one regression."""
    arguments = {
        name: decode(plain, terms.records)
        for name, plain in regression.arguments.items()
        if name in terms.kinds
    }
    if not terms.allowed(arguments):
        return _refused(terms, arguments)
    played = script(terms.spec, regression.ports, terms.records)
    answer = terms.call(arguments, played)
    if played is not None and played.unanswered(answer.calls):
        # It went further than what was recorded of its ports: nothing can be said.
        return None
    if failure := terms.fault(arguments, answer):
        return failure
    if regression.expected is ABSENT or answer.status != "value":
        return None
    expected = decode(regression.expected, terms.records)
    why = difference(expected, answer.value, terms.spec.tolerance)
    if why is None:
        return None
    return terms.failure(why, arguments, answer, expected=expected)


def _refused(terms: Terms, arguments: Arguments) -> Failure | None:
    """What `requires` refuse must be refused, now as then."""
    answer = terms.call(arguments)
    if answer.error == "RequiresError":
        return None
    why = f"{terms.spec.name} accepts what its requires refuse"
    return terms.failure(why, arguments, answer, raises="RequiresError")
