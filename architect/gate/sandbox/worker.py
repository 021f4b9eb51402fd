"""The loop inside a worker: read a request, run the candidate, write an answer.

Everything here shares its process with the candidate, so nothing of it is a guard:
the guards are the layers around the process and the oracle on the trusted side.
"""

from __future__ import annotations

import decimal
import json
import marshal
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import partial
from types import ModuleType, TracebackType
from typing import Any

from architect.gate.sandbox.channel import HEADER
from architect.gate.sandbox.observer import Observer
from architect.gate.sandbox.script import ScriptedPort
from architect.gate.sandbox.unchanged import held, holds, unwritten

Action = Callable[[], dict[str, Any]]
_CHUNK = 1 << 20
_MESSAGE, _LINE, _LINES = 500, 200, 10


class Serving:
    """One worker's state: its channel, the modules loaded so far and their records."""

    def __init__(
        self, fd: int, loader: Callable[..., ModuleType], codec: ModuleType
    ) -> None:
        self.fd, self.loader, self.codec = fd, loader, codec
        self.modules: dict[str, ModuleType] = {}
        self.sources: dict[str, list[str]] = {}
        self.records: dict[str, type] = {}

    def forever(self) -> None:
        """Answer requests until the other end closes."""
        while (frame := self._read()) is not None:
            for name, action in self._asked(json.loads(frame)):
                self._write({"id": name, **self._guarded(action)})

    def _asked(self, request: dict[str, Any]) -> Iterator[tuple[str, Action]]:
        """Yield what is asked for, each with the name that its answer must bear."""
        if "function" in request:
            for name, call in zip(request["ids"], request["calls"], strict=True):
                yield name, partial(self.call, request["function"], *call)
        elif "sources" in request:
            yield request["id"], partial(self.load, request)
        else:
            yield request["id"], partial(self.observe, request)

    def _guarded(self, action: Action) -> dict[str, Any]:
        try:
            return action()
        # SystemExit and KeyboardInterrupt are answers of the candidate as well.
        except BaseException as error:
            return self._raised(error)

    # --- requests ------------------------------------------------------------------

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Execute the sources in order."""
        for name, text in request["sources"]:
            source = text.encode("latin-1")
            path = name.replace(".", "/") + ".py"
            self.sources[path] = source.decode("utf-8", "replace").splitlines()
            self.modules[name] = self.loader(name, source, path)
            self._collect_records(self.modules[name])
        return {"status": "value"}

    def _collect_records(self, module: ModuleType) -> None:
        for name, thing in vars(module).items():
            if isinstance(thing, type) and is_dataclass(thing):
                self.records.setdefault(name, thing)

    def call(
        self, name: str, plain: dict[str, Any], scripts: dict[str, Any]
    ) -> dict[str, Any]:
        """Call one function with decoded arguments and scripted ports."""
        function = self._function(name)
        args = {name: self._decode(value) for name, value in plain.items()}
        before = held(args)
        calls: list[Any] = []
        answer, took = self._timed(function, {**self._ports(scripts, calls), **args})
        mutated = {} if holds(args, before) else self._mutated(args, plain)
        return {**answer, "ns": took, "mutated": mutated, "ports": calls}

    def _mutated(self, args: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments that are written otherwise than what was given."""
        given = {name: self._decode(part) for name, part in plain.items()}
        return {
            name: self._plain(value)
            for name, value in args.items()
            if self._text(value) != self._text(given[name])
            or unwritten(value) != unwritten(given[name])
        }

    def observe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call an instrumented body with one input after the other, until all was seen.

        The body takes the place of the function's own; nobody calls that afterwards.
        """
        if request["code"] is not None:
            self.observer = self._instrumented(request)
        function = self._function(request["observe"])
        for args, ports in request["calls"]:
            if self.observer.done():
                break
            given = {name: self._decode(plain) for name, plain in args.items()}
            self._timed(function, {**self._ports(ports, []), **given})
        return {"status": "value", "value": self.observer.bits}

    def _instrumented(self, request: dict[str, Any]) -> Observer:
        observer = Observer(request["needs"])
        function: Any = self._function(request["observe"])
        inner = function.__wrapped__
        inner.__globals__.update(observer.names())
        inner.__code__ = marshal.loads(request["code"].encode("latin-1"))
        return observer

    def _timed(
        self, function: Callable[..., Any], given: dict[str, Any]
    ) -> tuple[dict[str, Any], int]:
        _settle()
        started = time.perf_counter_ns()
        try:
            value = function(**given)
        except BaseException as error:
            return self._raised(error), time.perf_counter_ns() - started
        took = time.perf_counter_ns() - started
        return self._valued(value), took

    def _valued(self, value: Any) -> dict[str, Any]:
        try:
            return {"status": "value", "value": self.codec.encode(value)}
        except BaseException as error:
            return {"status": "protocol", "detail": f"the result: {_shown(error)}"}

    def _function(self, name: str) -> Callable[..., Any]:
        place, colon, attribute = name.rpartition(":")
        module = self.modules[place] if colon else list(self.modules.values())[-1]
        found: Callable[..., Any] = getattr(module, attribute)
        return found

    def _ports(self, scripts: dict[str, Any], calls: list[Any]) -> dict[str, Any]:
        return {
            name: ScriptedPort(name, script, calls, self._plain, self._decode)
            for name, script in scripts.items()
        }

    # --- values --------------------------------------------------------------------

    def _decode(self, plain: Any) -> Any:
        return self.codec.decode(plain, self.records)

    def _plain(self, value: Any) -> Any:
        try:
            return self.codec.encode(value)
        except Exception as error:
            return {"$": "unplain", "v": _shown(error)}

    def _text(self, value: Any) -> str:
        return json.dumps(self._plain(value))

    def _raised(self, error: BaseException) -> dict[str, Any]:
        lines = self._lines(error.__traceback__)
        kind = type(error).__qualname__[:_LINE]
        return {
            "status": "raised",
            "type": kind,
            "message": _message(error),
            "lines": lines,
        }

    def _lines(self, trace: TracebackType | None) -> list[str]:
        found = []
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if path in self.sources:
                found.append(
                    f"{path}:{trace.tb_lineno}: {self._line(path, trace.tb_lineno)}"
                )
            trace = trace.tb_next
        return [line[:_LINE] for line in found[-_LINES:]]

    def _line(self, path: str, number: int) -> str:
        lines = self.sources[path]
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    # --- the wire ------------------------------------------------------------------

    def _read(self) -> bytes | None:
        header = self._exactly(HEADER.size)
        return None if header is None else self._exactly(HEADER.unpack(header)[0])

    def _exactly(self, count: int) -> bytes | None:
        parts = []
        while count:
            part = os.read(self.fd, min(count, _CHUNK))
            if not part:
                return None
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _write(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        rest = memoryview(HEADER.pack(len(body)) + body)
        while rest:
            rest = rest[os.write(self.fd, rest) :]


def _settle() -> None:
    """Make every call begin alike, whatever the one before it did."""
    random.seed(0)
    decimal.setcontext(decimal.Context())
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_MESSAGE]
    except BaseException:
        return "an error whose text cannot be made"


def _shown(error: BaseException) -> str:
    return f"{type(error).__qualname__}: {_message(error)}"
