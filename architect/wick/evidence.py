"""What is known of one failure besides the spec: its neighbours, and calls that went well.

Both are asked of every clone that the gate accepts; neither can accept one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from architect.gate.contract.regressions import Regression
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Terms
from architect.gate.replay import Replay
from architect.wick.recorded import Recorded, loaded, same_result
from architect.wick.relatives import relatives
from core.values import Encoded, NotPlain, decode, encode

# Fewer recorded calls say too little: drawn ones are asked besides.
ENOUGH = 10


@dataclass(frozen=True)
class Evidence:
    """Evidence about one module's failure. `near` are inputs in plain form."""

    replay: Replay
    near: Sequence[Mapping[str, Encoded]] = ()
    calls: Sequence[Recorded] = ()

    @classmethod
    def gather(
        cls,
        replay: Replay,
        body: str,
        failing: Mapping[str, Encoded] | None,
        calls: Sequence[Recorded],
    ) -> Evidence:
        """Find the neighbours of the failing input, None where there is none in plain form.

        Recorded calls with that very input are left out.
        """
        near: list[Mapping[str, Encoded]] = []
        if failing is None or replay.spec.ports:
            return cls(replay, near, calls)

        def look(terms: Terms) -> None:
            given = {n: decode(plain, terms.records) for n, plain in failing.items()}
            for found in relatives(terms, given):
                near.append({n: encode(value) for n, value in found.items()})

        try:
            replay.asking(body, look)
        except NotPlain:
            return cls(replay, [], calls)
        return cls(replay, near, calls)

    def known(self) -> list[Regression]:
        """Return the neighbours as what a search must mend."""
        return [Regression(arguments) for arguments in self.near]

    def mended(self, body: str) -> float:
        """Return the share of the neighbours on which a body keeps the contract."""
        if not self.near:
            return 1.0
        kept = 0

        def look(terms: Terms) -> None:
            nonlocal kept
            for plain in self.near:
                given = {n: decode(v, terms.records) for n, v in plain.items()}
                kept += terms.fault(given, terms.call(given)) is None

        self.replay.asking(body, look)
        return kept / len(self.near)

    def agreement(self, body: str, good: str | None) -> float:
        """Return the share of calls on which a body answers as what ran well before.

        Recorded calls first; too few of them, and a `good` version at hand: drawn ones too.
        """
        shares = [self._recorded(body)] if self.calls else []
        told = [share for share in shares if share is not None]
        if good is not None and len(self.calls) < ENOUGH:
            told.append(self.replay.agreement(good, body))
        return sum(told) / len(told) if told else 1.0

    def _recorded(self, body: str) -> float | None:
        same: list[bool] = []

        def look(terms: Terms) -> None:
            for call in self.calls:
                given = loaded(self.replay.spec, terms, call)
                if given is not None and terms.allowed(given):
                    same.append(_as_recorded(call, terms.call(given)))

        if not self.replay.spec.ports:
            self.replay.asking(body, look)
        return sum(same) / len(same) if same else None


def _as_recorded(call: Recorded, answer: Answer) -> bool:
    value: Any = answer.value
    return answer.status == "value" and same_result(call, value)
