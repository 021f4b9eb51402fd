"""The check that everything in a body was needed by some test.

A condition that was never true, a branch that never ran, an operation that never changed
anything: the tests say nothing of it, so it may do anything on the day on which it does.
The body is run once more, instrumented, on the inputs on which its answers were held
against all that the spec says of them.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.ports import Script
from architect.gate.contract.regressions import Regression, playable
from architect.gate.contract.subject import Subject
from architect.gate.contract.terms import Terms
from architect.gate.coverage.instrument import Instrument
from architect.gate.coverage.points import RAN, Point
from architect.gate.coverage.tree import compiled, function_of
from core.values import Encoded, encode

STAGE = "coverage"
HINT = (
    "leave it out, or write it so that it matters; the spec's author: add an example "
    "that needs it"
)
GUARD_HINT = (
    "a guard that only raises needs no test where nothing can catch it and it changes "
    "nothing: write it before the try, not in an inner function, and let it only compare"
)
SHOWN = 3
# Nearly every body has shown all there is after the first few inputs.
FIRST = 24
_SLOWER, _AT_LEAST_S = 8, 5.0


def check(terms: Terms, known: Sequence[Regression] = ()) -> Check:
    """Return the check; `known` are inputs that count beside those that were judged."""
    return Check(STAGE, lambda: _failure(terms, known))


def _failure(terms: Terms, known: Sequence[Regression]) -> Failure | None:
    try:
        points, code = _instrumented(terms.subject)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Failure(f"it cannot be instrumented: {error}", stage=STAGE)
    if not points:
        return None
    seen = _seen(terms.subject, points, code, _batches(terms, known))
    return seen if isinstance(seen, Failure) else _unneeded(points, seen)


def _batches(terms: Terms, known: Sequence[Regression]) -> Iterator[list[Encoded]]:
    """Yield the judged calls as the worker takes them: few first, they mostly do."""
    yield [_encoded(*call) for call in terms.judged[:FIRST]]
    rest = [_encoded(*call) for call in terms.judged[FIRST:]]
    once = (given for one in known if (given := playable(terms, one)) is not None)
    yield [*(_encoded(*call) for call in once), *rest]


def _encoded(arguments: Mapping[str, Any], played: Script | None) -> Encoded:
    given = {name: encode(value) for name, value in arguments.items()}
    return given, played.answers if played else {}


def _instrumented(subject: Subject) -> tuple[list[Point], bytes]:
    spec = subject.spec
    function = function_of(subject.sources[-1][1].decode(), spec.name)
    points = Instrument(function, [*spec.ports]).points
    return points, marshal.dumps(compiled(function))


def _seen(
    subject: Subject,
    points: Sequence[Point],
    code: bytes,
    batches: Iterable[Sequence[Encoded]],
) -> list[int] | Failure:
    """Return what was seen at each point, after as few inputs as show all."""
    needs = [point.needs for point in points]
    seen = [0] * len(points)
    rest: bytes | None = code
    for calls in batches:
        limit = _AT_LEAST_S + _SLOWER * len(calls) * subject.spec.limits.time_ms / 1000
        name = f"generated.{subject.package}.{subject.spec.name}:{subject.spec.name}"
        outcome = subject.ready().observe(name, needs, rest, calls, limit)
        if outcome.status != "value" or not _are_bits(outcome.value, len(points)):
            subject.close()
            why = outcome.raised or outcome.detail or outcome.status
            return Failure(
                f"what its tests make use of cannot be observed: {why}", stage=STAGE
            )
        seen, rest = outcome.value, None
        if all(
            point.missing(bits) is None
            for point, bits in zip(points, seen, strict=True)
        ):
            break
    # The worker now holds the instrumented body.
    subject.close()
    return seen


def _are_bits(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(one) is int for one in value)
    )


def _unneeded(points: Sequence[Point], seen: Sequence[int]) -> Failure | None:
    found = [
        (point, bits, why)
        for point, bits in zip(points, seen, strict=True)
        if (why := point.missing(bits)) is not None
    ]
    # What never ran is inside of what never let it run.
    causes = [one for one in found if one[1] & RAN] or found[:1]
    if not causes:
        return None
    shown = list(dict.fromkeys(why for _, _, why in causes))[:SHOWN]
    text = f"no test needs a part of it: {'; '.join(shown)} in any test"
    first = causes[0][0]
    hint = GUARD_HINT if first.guards else HINT
    return Failure(text, line=first.line, hint=hint, stage=STAGE)
