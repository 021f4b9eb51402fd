"""Inputs near a failing one on which the same body fails in the same way.

A patch that knows the one failing input and nothing else still fails on these.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from architect.gate.contract.terms import Terms
from architect.gate.trials import Trials, kind_of, within
from architect.wick.search.inputs import fresh_calls
from core import types
from core.values import NotPlain

MOST, TRIED, SEED = 6, 60, 11


def relatives(terms: Terms, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return up to `MOST` inputs varied from `arguments` that fail as they do.

    The terms' subject is the failing body. None where it does not fail on `arguments`,
    or only by never ending, which is too dear to ask for again.
    """
    trials = Trials(terms)
    first = trials.failure(copy.deepcopy(dict(arguments)))
    if first is None or first.final:
        return []
    found: list[dict[str, Any]] = []
    params = terms.spec.params
    # Where the live input was outside the domain, so may be its neighbours.
    bound = [n for n, value in arguments.items() if within(params[n], value)]
    for varied in islice(_varied(arguments), TRIED):
        if len(found) == MOST:
            break
        allowed = all(types.matches(terms.kinds[n], v) for n, v in varied.items())
        if not allowed or not all(within(params[n], varied[n]) for n in bound):
            continue
        if _fails_alike(trials, kind_of(first), varied):
            found.append(varied)
    return found


def _varied(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the arguments with one number changed, then with whatever is like them."""
    for factor, plus in ((0, 0), (2, 0), (1, 1), (-1, 0), (1, 7), (0, 1), (10, 3)):
        for name, value in arguments.items():
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                other = value * factor + plus
                if other == other and other != value:
                    yield {**arguments, name: other}
    call = ("", (), dict(arguments))
    for _, _, varied in fresh_calls([call], SEED):
        yield varied


def _fails_alike(trials: Trials, kind: str, varied: Mapping[str, Any]) -> bool:
    try:
        failure = trials.failure(copy.deepcopy(dict(varied)))
    except NotPlain:
        return False
    return failure is not None and not failure.final and kind_of(failure) == kind
