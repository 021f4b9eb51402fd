"""The candidate as the checks see it: typed values in, a typed answer out.

The candidate itself runs in a sandboxed worker; only plain data crosses. A worker that
died or ran out of time is replaced. Nothing here judges an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from architect.gate.contract.ahead import Ahead, Call, Found, Given, stretches
from architect.gate.contract.ports import Calls, Script, method_parameters
from architect.gate.sandbox import Outcome, PortCall, Sandbox, Worker
from architect.gate.sandbox.worker_handle import call_text
from core.spec import Spec
from core.template_footer import render_module, split_module
from core.values import Encoded, NotPlain, decode, encode

Sources = Sequence[tuple[str, bytes]]
_TRIP_BYTES = 1 << 17
# What says nothing of a module for sure: the machine may have been busy.
ENDED = ("timeout", "died")


class LoadFailed(Exception):
    """The candidate's module raised while it was loaded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call came to.

    `status` is value, raised, timeout, died or garbled; `error` is the raised error's
    class name; `changed` names the arguments that the call changed; `calls` are its
    port calls as (port, method, arguments by name).
    """

    status: str
    value: Any = None
    error: str = ""
    message: str = ""
    line: int | None = None
    changed: tuple[str, ...] = ()
    calls: Calls = ()

    @property
    def shown(self) -> Any:
        """What a counter-example shows as got."""
        if self.status == "value":
            return self.value
        return f"{self.error}: {self.message}" if self.error else self.message


class Subject:
    """One module in one worker, with what it uses loaded before it.

    `sources` are module names and texts in the order of loading, the last one is the
    spec's own.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        other: Sandbox,
        spec: Spec,
        sources: Sources,
        records: Mapping[str, type],
        package: str = "trading",
    ) -> None:
        self.sandbox, self.other = sandbox, other
        self.spec, self.package = spec, package
        self.sources, self.records = sources, records
        self.worker: Worker | None = None
        self._ahead: Ahead[Answer] | None = None
        # Kept as long as the arguments are, so that no others have their id.
        self._known: dict[tuple[int, int], tuple[Mapping[str, Any], Call]] = {}
        self._answers: dict[Call, Answer] = {}
        self._methods = {
            name: method_parameters(port) for name, port in spec.ports.items()
        }

    def call(
        self, arguments: Mapping[str, Any], script: Script | None = None
    ) -> Answer:
        """Call the module.

        A call that ends its worker or runs out of time is tried once more in a fresh
        one: the machine may have been busy. GateError when there is no worker to be had.
        """
        if self._ahead is None:
            return self._alone(self._asked(arguments, script))
        key = id(arguments), id(script)
        # An input that is begun again asks with the very arguments of before.
        if key not in self._known:
            self._known[key] = arguments, self._asked(arguments, script)
        return self._ahead.answer(self._known[key][1])

    def _asked(self, arguments: Mapping[str, Any], script: Script | None) -> Call:
        plain = {key: encode(value) for key, value in arguments.items()}
        return self.spec.name, call_text(plain, script.answers if script else None)

    def each(
        self, judge: Callable[[Given], Found], inputs: Sequence[Given]
    ) -> Iterator[Found]:
        """Yield what `judge` says of each input, in order, as `map` does.

        It calls this subject and may begin anew, so it must do nothing but look.
        """
        for stretch in stretches(inputs):
            self._known.clear()
            ahead = Ahead(self._together, self._alone)
            yield from ahead.judge(partial(self._judged, ahead, judge), stretch)

    def _judged(
        self, ahead: Ahead[Answer], judge: Callable[[Given], Found], given: Given
    ) -> Found:
        self._ahead = ahead
        try:
            return judge(given)
        finally:
            self._ahead = None

    def used(self, name: str, parameters: Sequence[str]) -> Callable[..., Any]:
        """Return a used module as a function; what it raises is a ValueError.

        It is a pure function, which claims call again and again with the same arguments.
        """

        def call(*values: Any, **named: Any) -> Any:
            given = dict(zip(parameters, values, strict=False)) | named
            plain = {key: encode(value) for key, value in given.items()}
            asked = name, call_text(plain)
            answer = self._answers.get(asked)
            if answer is None:
                ahead = self._ahead
                answer = ahead.answer(asked) if ahead else self._alone(asked)
                if answer.status not in ENDED:
                    self._answers[asked] = answer
            if answer.status != "value":
                raise ValueError(f"{name}: {answer.shown}")
            return answer.value

        return call

    @contextmanager
    def elsewhere(self) -> Iterator[Subject]:
        """Yield the same candidate in a fresh worker of the other sandbox."""
        with self._alike(self.other, self.sources) as subject:
            yield subject

    def without_ensures(self, arguments: Mapping[str, Any]) -> Answer:
        """Call the same body in a module that ensures nothing: what did it return?"""
        name, source = self.sources[-1]
        loose = self.spec.model_copy(update={"ensures": []})
        body = split_module(self.spec, source.decode(), self.package) or ""
        text = render_module(loose, body, self.package)
        sources = [*self.sources[:-1], (name, text.encode())]
        with self._alike(self.sandbox, sources) as subject:
            return subject.call(arguments)

    @contextmanager
    def _alike(self, sandbox: Sandbox, sources: Sources) -> Iterator[Subject]:
        subject = Subject(
            sandbox, self.other, self.spec, sources, self.records, self.package
        )
        try:
            yield subject
        finally:
            subject.close()

    def close(self) -> None:
        """End the worker."""
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    def _alone(self, call: Call) -> Answer:
        answer = self._once(call)
        return self._once(call) if answer.status in ENDED else answer

    def _once(self, call: Call) -> Answer:
        (outcome,) = self._made(call[0], [call[1]])
        return self.answer_of(outcome)

    def _together(self, calls: Sequence[Call]) -> list[Answer]:
        """Make calls in as few trips as there are modules in a row; return the answers
        up to the first that is none."""
        found: list[Answer] = []
        for name, texts in _trips(calls):
            outcomes = self._made(name, texts)
            ended = outcomes[-1].status not in ("value", "raised")
            found += map(self.answer_of, outcomes[:-1] if ended else outcomes)
            if ended:
                break
        return found

    def _made(self, name: str, texts: Sequence[str]) -> list[Outcome]:
        outcomes = self.ready().calls(
            f"generated.{self.package}.{name}:{name}",
            texts,
            timeout_s=self.spec.limits.time_ms / 1000,
        )
        if outcomes[-1].status not in ("value", "raised"):
            self.close()
        return outcomes

    def ready(self) -> Worker:
        """Return the worker with all sources in it; LoadFailed if one raised."""
        if self.worker is None:
            self.worker = self._loaded()
        return self.worker

    def _loaded(self) -> Worker:
        memory = self.spec.limits.memory_mb << 20
        worker = self.sandbox.worker(replace(self.sandbox.limits, memory_bytes=memory))
        result = worker.load(list(self.sources))
        if not result.ok:
            worker.close()
            raise LoadFailed(str(result.raised or result.detail))
        return worker

    def answer_of(self, outcome: Outcome) -> Answer:
        """Return what an outcome of this module's worker says, as typed values."""
        calls = tuple(self._port_call(call) for call in outcome.port_calls)
        changed = tuple(sorted(outcome.mutated))
        if outcome.raised is not None:
            raised = outcome.raised
            return Answer(
                "raised",
                error=raised.type,
                message=raised.message,
                line=self._line(raised.lines),
                calls=calls,
                changed=changed,
            )
        value, reason = outcome.decoded(lambda plain: decode(plain, self.records))
        if outcome.status == "protocol" or reason is not None:
            return Answer("garbled", message=outcome.detail or reason or "")
        return Answer(
            outcome.status, value, message=outcome.detail, calls=calls, changed=changed
        )

    def _line(self, lines: Sequence[str]) -> int | None:
        """Return the line of this module's file in which an error rose."""
        place = f"generated/{self.package}/{self.spec.name}.py:"
        mine = [line.removeprefix(place) for line in lines if line.startswith(place)]
        number = mine[-1].partition(":")[0] if mine else ""
        return int(number) if number.isdecimal() else None

    def _port_call(self, call: PortCall) -> tuple[str, str, dict[str, Any]]:
        """Return a call with its arguments by name; what is no value stays as it came."""
        known = self._methods.get(call.port, {}).get(call.method, [])
        names = [*known, *map(str, range(len(known), len(call.args)))]
        given = {**dict(zip(names, call.args, strict=False)), **call.kwargs}
        return call.port, call.method, {n: self._decoded(v) for n, v in given.items()}

    def _decoded(self, plain: Encoded) -> Any:
        try:
            return decode(plain, self.records)
        except NotPlain:
            return plain


def _trips(calls: Sequence[Call]) -> Iterator[tuple[str, list[str]]]:
    """Yield the calls of one module after the other, so many as are read at once in no
    time: reading them counts as time of the first."""
    for name, group in groupby(calls, key=itemgetter(0)):
        texts: list[str] = []
        size = 0
        for _, text in group:
            if texts and size + len(text) > _TRIP_BYTES:
                yield name, texts
                texts, size = [], 0
            texts.append(text)
            size += len(text)
        yield name, texts
