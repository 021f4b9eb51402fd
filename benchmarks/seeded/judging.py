"""What a fault or a repair does, on the benchmark's own inputs and in the gate's sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from architect.gate.contract.inputs import Inputs
from architect.gate.contract.ports import Script, script
from architect.gate.contract.session import Session as Checked
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Terms
from architect.session import Session
from architect.wick.recorded import Recorded, loaded
from core.spec import Spec
from core.values import difference

# Inputs that nothing else draws, on which a repair is compared with the original.
FRESH = 300
# Calls that a fault is tried on, and how many in a row that do not come back are enough.
TRIED, ENDLESS = 24, 3


@dataclass(frozen=True)
class Judging:
    """Judges bodies of the shipped modules with one session."""

    session: Session

    def failing(self, spec: Spec, body: str, calls: Sequence[Recorded]) -> float:
        """Return the share of live calls on which a body fails by itself, 0 to 1: it
        raises, breaks its contract or does not come back. What is only wrong fails on none.

        It is tried on recorded live calls; where none has its inputs in full, on those of
        the examples and on drawn ones.
        """
        found: list[bool] = []

        def look(terms: Terms, inputs: Inputs) -> Checked:
            for given, played in _calls(spec, terms, inputs, calls):
                answer = terms.call(given, played)
                found.append(_fails(terms, given, answer))
                if found[-1] and answer.status not in ("value", "raised"):
                    endless = len(found) >= ENDLESS and all(found[-ENDLESS:])
                    if endless:
                        break
            return Checked(None, 0)

        replay = self.session.replay(spec, self.session.graph())
        failure = self.session.gate.run(
            spec, self.session.graph(), body, replay.modules, look
        )
        if failure is not None:
            return 1.0
        return sum(found) / len(found) if found else 0.0

    def differs(self, spec: Spec, original: str, repaired: str) -> bool:
        """Tell whether a repair answers otherwise than the original: on fresh inputs, and
        an action on all its examples."""
        one, two = self._answers(spec, original), self._answers(spec, repaired)
        if len(one) != len(two):
            return True
        return any(
            not _alike(a, b, spec.tolerance) for a, b in zip(one, two, strict=True)
        )

    def _answers(self, spec: Spec, body: str) -> list[Answer]:
        found: list[Answer] = []

        def look(terms: Terms, inputs: Inputs) -> Checked:
            for example in spec.examples:
                played = script(spec, example.ports, terms.records)
                found.append(terms.call(terms.load(example.given), played))
            if not spec.ports and spec.params:
                drawn = inputs.sample("judged afterwards", FRESH, terms.allowed)
                found.extend(terms.call(given) for given in drawn)
            return Checked(None, 0)

        replay = self.session.replay(spec, self.session.graph())
        self.session.gate.run(spec, self.session.graph(), body, replay.modules, look)
        return found


def _calls(
    spec: Spec, terms: Terms, inputs: Inputs, calls: Sequence[Recorded]
) -> Iterator[tuple[Mapping[str, Any], Script | None]]:
    """Yield arguments, and how the ports are played."""
    live = [given for c in calls if (given := loaded(spec, terms, c)) is not None]
    if live and not spec.ports:
        step = max(1, len(live) // TRIED)
        yield from ((given, None) for given in live[::step][:TRIED])
        return
    for example in spec.examples:
        if example.raises is None:
            played = script(spec, example.ports, terms.records)
            yield terms.load(example.given), played
    if not spec.ports and spec.params:
        drawn = inputs.sample("seeded", TRIED, terms.allowed)
        yield from ((given, None) for given in drawn)


def _fails(terms: Terms, given: dict[str, object], answer: Answer) -> bool:
    """Tell whether the wrapper of the running system would see a failure."""
    if answer.status == "value":
        return terms.broken_ensures(given, answer) is not None
    expected = answer.error in terms.raised or answer.error == "RequiresError"
    return not (answer.status == "raised" and expected)


def _alike(a: Answer, b: Answer, tolerance: float) -> bool:
    if a.status != "value" or b.status != "value":
        return (a.status, a.error, a.calls) == (b.status, b.error, b.calls)
    return difference(a.value, b.value, tolerance) is None and a.calls == b.calls
