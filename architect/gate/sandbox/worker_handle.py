"""The trusted side's hold on one worker: asks it, times it, kills it.

One worker serves one candidate. After a time-out, a death or a broken protocol it is
gone, and every later request gets the same answer.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from architect.gate.sandbox.channel import (
    Channel,
    ChannelClosed,
    ChannelMisused,
    ChannelTimeout,
)
from architect.gate.sandbox.limits import LAYERS, Limits
from architect.gate.sandbox.outcome import (
    LoadResult,
    Outcome,
    Plain,
    Status,
    load_result_of,
    outcome_of,
    read_answer,
)
from architect.gate.sandbox.zygote_handle import ZygoteHandle
from core.errors import GateError, SandboxUnavailable

Scripts = Mapping[str, list[dict[str, Any]] | None]
# How long a worker that closed its channel may take to be gone by itself.
_GRACE_MS = 50


class WorkerEnded(Exception):
    """A request found or made the worker ended; carries status and detail."""

    def __init__(self, status: Status, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Worker:
    """One confined process; use as a context manager or call `close`."""

    def __init__(
        self,
        zygote: ZygoteHandle,
        limits: Limits,
        layers: Collection[str] = LAYERS,
        probe: str | None = None,
    ) -> None:
        self.limits, self._zygote = limits, zygote
        self._ready = False
        self._ended: WorkerEnded | None = None
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._channel = Channel(mine)
        try:
            with its:
                self.pid, self._pidfd = zygote.fork(its, limits, layers, probe)
        except GateError:
            mine.close()
            raise

    # --- requests ------------------------------------------------------------------

    def load(self, sources: Iterable[tuple[str, bytes]]) -> LoadResult:
        """Execute (module name, source) in order: records, used modules, candidate."""
        texts = [[name, source.decode("latin-1")] for name, source in sources]
        started = time.perf_counter_ns()
        try:
            name = self._asked({"sources": texts}, self.limits.load_s)
            result = load_result_of(self._answer(name, self.limits.load_s))
        except WorkerEnded as ended:
            result = LoadResult(ended.status, detail=ended.detail)
        except ChannelMisused as misuse:
            result = LoadResult(
                "protocol", detail=self._end("protocol", str(misuse)).detail
            )
        return replace(result, elapsed_ns=time.perf_counter_ns() - started)

    def call(
        self,
        function: str,
        args: Mapping[str, Plain],
        ports: Scripts | None = None,
        timeout_s: float | None = None,
    ) -> Outcome:
        """Call `function` of the module loaded last (or `module:function`) by keyword.

        `args` are encoded values by name, `ports` a script by name (see `script`).
        At `timeout_s` (default: the limits' `call_s`) the worker is killed.
        """
        return self.calls(function, [call_text(args, ports)], timeout_s)[0]

    def calls(
        self, function: str, calls: Sequence[str], timeout_s: float | None = None
    ) -> list[Outcome]:
        """Make calls one after the other, all asked for at once: each is a `call_text`
        and has `timeout_s` for itself.

        Ends at the first that ends the worker; those after it were not made.
        """
        limit = self.limits.call_s if timeout_s is None else timeout_s
        names = [secrets.token_hex(8) for _ in calls]
        outcomes: list[Outcome] = []
        try:
            self._send(_calls_frame(function, names, calls), limit)
            for name in names:
                outcomes.append(self._outcome(name, limit))
        except WorkerEnded as ended:
            outcomes.append(Outcome(ended.status, detail=ended.detail))
        return outcomes

    def observe(
        self,
        function: str,
        needs: Sequence[int],
        code: bytes | None,
        calls: Sequence[tuple[Mapping[str, Plain], Scripts]],
        timeout_s: float,
    ) -> Outcome:
        """Put instrumented code into `module:function`, or None for that of before, and
        call it until all `needs` are met.

        The value is a list of what was seen so far, one number for each need.
        """
        text = None if code is None else code.decode("latin-1")
        request = {"observe": function, "needs": [*needs], "code": text, "calls": calls}
        try:
            return self._outcome(self._asked(request, timeout_s), timeout_s)
        except WorkerEnded as ended:
            return Outcome(ended.status, detail=ended.detail)

    def _outcome(self, name: str, timeout_s: float) -> Outcome:
        """Return the outcome of what was asked under a name; WorkerEnded for none."""
        started = time.perf_counter_ns()
        try:
            result = outcome_of(self._answer(name, timeout_s))
        except ChannelMisused as misuse:
            raise self._end("protocol", str(misuse)) from None
        return replace(result, elapsed_ns=time.perf_counter_ns() - started)

    def probe(self) -> str | None:
        """Return what stopped the probe, None when nothing did (see `probes`)."""
        self.wait_ready()
        try:
            frame = self._channel.receive(
                1 << 16, time.monotonic() + self.limits.start_s
            )
        except ChannelClosed:
            status = self._zygote.reap(self.pid)
            if (
                status is not None
                and os.waitstatus_to_exitcode(status) == -signal.SIGSYS
            ):
                return "killed by the kernel"
            return None
        except ChannelTimeout:
            return None
        stopped: str | None = json.loads(frame)["probe"]
        return stopped

    def wait_ready(self) -> None:
        """Wait until every layer is on; SandboxUnavailable when one cannot be."""
        if self._ready:
            return
        try:
            frame = self._channel.receive(
                1 << 16, time.monotonic() + self.limits.start_s
            )
        except (ChannelClosed, ChannelTimeout, ChannelMisused):
            self.close()
            raise GateError(
                "a worker of the sandbox ended before it was confined"
            ) from None
        failed = json.loads(frame).get("failed")
        if failed is not None:
            self.close()
            raise SandboxUnavailable(
                f"the {failed[0]} layer cannot be put on: {failed[1]}"
            )
        self._ready = True

    def _asked(self, request: Mapping[str, Any], timeout_s: float) -> str:
        """Send a request; return the name that its answer must bear."""
        # Fresh for every request: what was written before cannot answer it.
        name = secrets.token_hex(8)
        self._send(json.dumps({"id": name, **request}), timeout_s)
        return name

    def _send(self, frame: str, timeout_s: float) -> None:
        if self._ended is not None:
            raise self._ended
        self.wait_ready()
        with self._alive(timeout_s):
            try:
                self._channel.expect_silence()
            except ChannelMisused as misuse:
                raise self._end("protocol", str(misuse)) from None
            self._channel.send(frame.encode(), time.monotonic() + timeout_s)

    def _answer(self, name: str, timeout_s: float) -> dict[str, Any]:
        """Return the next answer; WorkerEnded, or ChannelMisused for an unusable one."""
        with self._alive(timeout_s):
            deadline = time.monotonic() + timeout_s
            answer = self._channel.receive(self.limits.answer_bytes, deadline)
        return read_answer(answer, name, self.limits.answer_depth)

    @contextmanager
    def _alive(self, timeout_s: float) -> Iterator[None]:
        """Make a worker's silence or death its end."""
        try:
            yield
        except ChannelTimeout:
            raise self._end("timeout", f"no answer within {timeout_s:g} s") from None
        except ChannelClosed:
            raise self._end("died", self._how_it_died()) from None

    # --- ending --------------------------------------------------------------------

    def close(self) -> None:
        """Kill the worker, if it still is, and forget it."""
        if self._ended is None:
            # Without a zygote the kernel has ended its workers.
            with suppress(GateError):
                self._end("died", "the worker was closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _end(self, status: Status, detail: str) -> WorkerEnded:
        self._ended = WorkerEnded(status, detail)
        self._channel.close()
        # At once, and also where the zygote is gone; then its group and orphans.
        with suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self._zygote.reap(self.pid, wait=False)
        return self._ended

    def _how_it_died(self) -> str:
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        if not poll.poll(_GRACE_MS):
            return "the worker closed its channel"
        return _describe(self._zygote.reap(self.pid))


def call_text(args: Mapping[str, Plain], ports: Scripts | None = None) -> str:
    """Return a call as `Worker.calls` takes it: encoded arguments and scripts by name."""
    return json.dumps([args, ports or {}])


def _calls_frame(function: str, names: list[str], calls: Sequence[str]) -> str:
    head = json.dumps({"function": function, "ids": names})
    return f'{head[:-1]}, "calls": [{", ".join(calls)}]}}'


def _describe(status: int | None) -> str:
    code = 0 if status is None else os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"the worker ended with exit code {code}"
    why = {
        signal.SIGSYS: "a forbidden system call",
        signal.SIGKILL: "its CPU time or its memory",
        signal.SIGSEGV: "a crash",
    }.get(signal.Signals(-code), "a signal")
    return f"the worker was killed for {why} ({signal.Signals(-code).name})"
