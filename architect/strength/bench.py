"""The trusted hold on the workers in which mutants are tried, many in one worker.

A worker is replaced only when a mutant ended it or ran out of time. It says how codes
answer; which of them are wrong is not known here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from architect.gate.contract.ports import Script
from architect.gate.contract.subject import Answer, LoadFailed, Subject
from architect.gate.sandbox import Outcome, Worker
from architect.gate.sandbox.outcome import outcome_of
from core.errors import GateError
from core.values import encode

_HELPER = "architect_strength_trials"
_CPU_S = 600
# A mutant may be that much slower than the accepted body, besides the spec's limit.
_SLOWER = 20
_LEAST_S = 0.25
# What the helper does of its own is quick, where the machine is not.
_HELPER_S = 5.0
ALL = 1 << 30


@dataclass(frozen=True)
class Call:
    """One input: arguments by name and, for a spec with ports, their script."""

    arguments: dict[str, Any]
    script: Script | None = None

    @cached_property
    def text(self) -> str:
        """The arguments as JSON of their plain form."""
        return json.dumps({name: encode(v) for name, v in self.arguments.items()})


class Bench:
    """Tries codes of one spec's function on kept inputs; close it when done.

    Inputs are known by their number in `calls`.
    """

    def __init__(self, subject: Subject, code: bytes) -> None:
        self.subject, self.code = subject, code
        self.module = subject.sources[-1][0]
        self.calls: list[Call] = []
        self.first: list[str] = []
        self.per_call_s = 0.0
        self._worker: Worker | None = None
        self._in = b""
        self._answers: dict[int, Answer] = {}

    def keep(self, calls: Sequence[Call]) -> None:
        """Add inputs, and learn how the accepted body answers them."""
        start = len(self.calls)
        self.calls += calls
        if self._in:
            self.close()
        worker = self._worker or self._begun(start)
        began = time.perf_counter()
        self.first += self._send(worker, start)
        took = (time.perf_counter() - began) / max(1, len(calls))
        self.per_call_s = max(self.per_call_s, took)

    def answer(self, which: int) -> Answer:
        """Return the accepted body's answer."""
        if which not in self._answers:
            self._answers[which] = self.read(self.first[which])
        return self._answers[which]

    def differing(
        self, code: bytes, which: Sequence[int], most: int = ALL
    ) -> dict[int, str]:
        """Return, by input, the answers of another code that are not the accepted ones.

        At most `most` of them. What ends the worker or never ends is an answer too.
        """
        limit = self._call_s() + _SLOWER * self.per_call_s * len(which)
        outcome = self._tried(code, which, most, limit)
        if outcome.status == "value":
            return {int(i): text for i, text in self._value(outcome)}
        return self._one_by_one(code, which, most)

    def _one_by_one(
        self, code: bytes, which: Sequence[int], most: int
    ) -> dict[int, str]:
        """Find the inputs on which a code ends its worker; the first of them is enough."""
        found: dict[int, str] = {}
        for i in which:
            outcome = self._tried(code, [i], 1, self._call_s())
            if outcome.status != "value":
                # The machine may have been busy.
                outcome = self._tried(code, [i], 1, self._call_s())
            if outcome.status != "value":
                slow = outcome.status == "timeout"
                found[i] = json.dumps({"status": "timeout" if slow else "died"})
                return found
            found.update({int(i): text for i, text in self._value(outcome)})
            if len(found) >= most:
                break
        return found

    def call(self, code: bytes, call: Call) -> Answer:
        """Call another code with an input that is not kept."""
        worker = self._worker or self._begun(len(self.calls))
        if self._in != code:
            self._ask(worker, "put", _HELPER_S, code=code.decode("latin-1"))
            self._in = code
        outcome = worker.call(
            f"{self.module}:{self.subject.spec.name}",
            {name: encode(value) for name, value in call.arguments.items()},
            ports=call.script.answers if call.script else None,
            timeout_s=self._call_s(),
        )
        self._checked(outcome)
        return self.subject.answer_of(outcome)

    def read(self, text: str) -> Answer:
        """Return the answer that a text describes."""
        plain = json.loads(text)
        if plain["status"] in ("timeout", "died"):
            return Answer(plain["status"])
        return self.subject.answer_of(outcome_of(plain))

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
            self._in = b""

    # --- the worker ----------------------------------------------------------------

    def _tried(
        self, code: bytes, which: Sequence[int], most: int, limit: float
    ) -> Outcome:
        worker = self._worker or self._begun(len(self.calls))
        self._in = code
        arguments = {"code": code.decode("latin-1"), "which": [*which], "most": most}
        outcome = worker.call(f"{_HELPER}:differing", arguments, timeout_s=limit)
        return self._checked(outcome)

    def _checked(self, outcome: Outcome) -> Outcome:
        if outcome.status not in ("value", "raised"):
            self.close()
        return outcome

    def _begun(self, known: int) -> Worker:
        """Return a fresh worker with everything loaded and the first inputs kept."""
        subject = self.subject
        memory = subject.spec.limits.memory_mb << 20
        limits = replace(subject.sandbox.limits, memory_bytes=memory, cpu_s=_CPU_S)
        self._worker = worker = subject.sandbox.worker(limits)
        helper = Path(__file__).with_name("in_worker.py").read_bytes()
        result = worker.load([*subject.sources, (_HELPER, helper)])
        if not result.ok:
            self.close()
            raise LoadFailed(str(result.raised or result.detail))
        name = subject.spec.name
        self._ask(worker, "begin", _HELPER_S, module=self.module, function=name)
        if known:
            self._send(worker, 0, known)
        return worker

    def _send(self, worker: Worker, start: int, end: int | None = None) -> list[str]:
        """Hand over inputs; return the accepted body's answers."""
        calls = self.calls[start:end]
        scripts = [call.script.answers if call.script else {} for call in calls]
        # One text: what is no text is looked at for changes after the call.
        inputs = f"[{','.join(call.text for call in calls)}]"
        limit = _HELPER_S + self._limit_s() * len(calls)
        found: list[str] = self._ask(
            worker, "keep", limit, inputs=inputs, scripts=json.dumps(scripts)
        )
        return found

    def _ask(self, worker: Worker, what: str, limit: float, **arguments: Any) -> Any:
        outcome = worker.call(f"{_HELPER}:{what}", arguments, timeout_s=limit)
        self._checked(outcome)
        if outcome.status != "value":
            why = outcome.raised or outcome.detail
            raise GateError(f"{self.subject.spec.name}: {what}: {why}")
        return self._value(outcome)

    def _value(self, outcome: Outcome) -> Any:
        answer = self.subject.answer_of(outcome)
        if answer.status != "value":
            raise GateError(f"{self.subject.spec.name}: {answer.message}")
        return answer.value

    def _call_s(self) -> float:
        """How long one call of a mutant may take: no spec's seconds for each of them."""
        return min(self._limit_s(), _LEAST_S + _SLOWER * self.per_call_s)

    def _limit_s(self) -> float:
        return self.subject.spec.limits.time_ms / 1000
