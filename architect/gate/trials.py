"""Calls of one body on inputs of one's own, one after the other in the same worker.

For finding smaller inputs that fail in the same way. Inputs that `requires` refuses, or
that lie outside what the spec's tests may draw, are no failures of the body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from architect.gate.contract.failure import Failure
from architect.gate.contract.terms import Terms
from core.spec import Domain
from core.values import NotPlain

Arguments = Mapping[str, Any]
# A call that ran out of time or killed its worker is dear: few of them.
DEAR = 4


class Trials:
    """Judges calls by the contract; `last` is the last failure of the kind looked for."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.last: Failure | None = None

    def failure(self, arguments: Arguments) -> Failure | None:
        """Return how a call with allowed arguments fails, None when it does not."""
        given = dict(arguments)
        if not self.terms.allowed(given):
            return None
        return self.terms.fault(given, self.terms.call(given))

    def like(self, first: Failure, given: Arguments) -> Callable[[Arguments], bool]:
        """Return a test for inputs that are derived from `given` and fail like it."""
        self.last, kind, dear = first, kind_of(first), 0
        params = self.terms.spec.params
        # Where the live input was outside the domain, so may be what is smaller.
        bound = [n for n in given if n in params and within(params[n], given[n])]

        def still_fails(smaller: Arguments) -> bool:
            nonlocal dear
            if dear >= DEAR or not all(within(params[n], smaller[n]) for n in bound):
                return False
            try:
                failure = self.failure(smaller)
            except NotPlain:
                return False
            dear += failure is not None and failure.final
            if failure is None or kind_of(failure) != kind:
                return False
            self.last = failure
            return True

        return still_fails


def kind_of(failure: Failure) -> str:
    """Return what a failure has in common with others of its kind: no value, no wording."""
    claim, raises, rest = failure.message.partition(" raises ")
    if raises:
        return claim + raises + rest.partition(":")[0]
    return failure.message.partition(" does not hold")[0].partition(" value:")[0]


def within(domain: Domain, value: Any) -> bool:
    """Tell whether a number, or a list or table of numbers, may be drawn by the tests."""
    many = isinstance(value, list) or getattr(value, "ndim", 0) == 1
    if domain.size is not None and many and len(value) < domain.size[0]:
        return False
    if domain.range is None:
        return True
    low, high = domain.range
    items = value if many else [value]
    try:
        return all(low <= item <= high for item in items if item == item)
    except TypeError:
        return True
