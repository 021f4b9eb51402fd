"""The candidate as the checks see it: typed values in, a typed answer out.

The candidate itself runs in a sandboxed worker; only plain data crosses. A worker that
died or ran out of time is replaced. Nothing here judges an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from architect.gate.contract.ports import Calls, Script, method_parameters
from architect.gate.sandbox import Outcome, PortCall, Sandbox, Worker
from core.spec import Spec
from core.template_footer import render_module, split_module
from core.values import Encoded, NotPlain, decode, encode

Sources = Sequence[tuple[str, bytes]]


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
        self._answers: dict[tuple[str, str], Answer] = {}
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
        answer = self._call(self.spec.name, arguments, script)
        if answer.status in ("timeout", "died"):
            answer = self._call(self.spec.name, arguments, script)
        return answer

    def used(self, name: str, parameters: Sequence[str]) -> Callable[..., Any]:
        """Return a used module as a function; what it raises is a ValueError.

        It is a pure function, which claims call again and again with the same arguments.
        """

        def call(*values: Any, **named: Any) -> Any:
            given = dict(zip(parameters, values, strict=False)) | named
            plain = {key: encode(value) for key, value in given.items()}
            key = name, json.dumps(plain)
            if key not in self._answers:
                self._answers[key] = self._sent(name, plain, None)
            answer = self._answers[key]
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

    def _call(
        self, name: str, arguments: Mapping[str, Any], script: Script | None
    ) -> Answer:
        plain = {key: encode(value) for key, value in arguments.items()}
        return self._sent(name, plain, script)

    def _sent(
        self, name: str, plain: Mapping[str, Encoded], script: Script | None
    ) -> Answer:
        outcome = self.ready().call(
            f"generated.{self.package}.{name}:{name}",
            plain,
            ports=script.answers if script else None,
            timeout_s=self.spec.limits.time_ms / 1000,
        )
        if outcome.status not in ("value", "raised"):
            self.close()
        return self.answer_of(outcome)

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
