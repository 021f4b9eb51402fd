"""The warm parent of all workers: imports once, then only forks, kills and reaps.

A process of its own with one thread and a clean environment, started by `Sandbox`
over one socket. It never runs anything of a candidate and never computes after its
warm-up, which is what makes a fork of it safe. It ends when its socket closes, and
every worker ends with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

from architect.gate.sandbox import kernel, landlock, probes, seccomp
from architect.gate.sandbox.channel import HEADER
from architect.gate.sandbox.confine import CHANNEL_FD, LayerFailed, Plan, confine
from architect.gate.sandbox.limits import Limits
from architect.gate.sandbox.worker import Serving

_MESSAGE = 1 << 16
# What is said, and the descriptors that go with it.
_Answer = tuple[dict[str, Any], list[int]]


def main(control_fd: int) -> None:
    """Serve the trusted side on `control_fd` until it closes."""
    # Descendants of a worker that outlive it become children of this process.
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    zygote = _Zygote(socket.socket(fileno=control_fd))
    try:
        zygote.serve()
    finally:
        zygote.end_all()


def named(path: str) -> Any:
    """Return what `module:attribute` or `module` names."""
    module, _, attribute = path.partition(":")
    found = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._workers: set[int] = set()
        # A fork ahead of the next request, with the end that tells it what to become.
        self._spare: tuple[int, socket.socket] | None = None
        # What nobody needs to wait for, done after the answer.
        self._later: list[Callable[[], object]] = []
        self._loader: Callable[..., ModuleType]
        self._codec: ModuleType
        self._landlock_abi = 0
        self._filter = b""

    def serve(self) -> None:
        """Answer one message after the other."""
        while True:
            message, fds, _, _ = socket.recv_fds(self._control, _MESSAGE, 1)
            if not message:
                return
            request = json.loads(message)
            answer, given = self._answer(request, fds)
            socket.send_fds(self._control, [json.dumps(answer).encode()], given)
            for fd in (*fds, *given):
                os.close(fd)
            while self._later:
                # What could not be done is tried again, and told, when it is needed.
                with suppress(OSError):
                    self._later.pop(0)()

    def _answer(self, request: dict[str, Any], fds: list[int]) -> _Answer:
        action = getattr(self, f"_do_{request.pop('do')}")
        try:
            answer: _Answer = action(fds, **request)
        except Exception:
            return {"failed": traceback.format_exc(limit=-3)}, []
        return answer

    # --- requests ------------------------------------------------------------------

    def _do_warm(
        self, fds: list[int], preload: list[str], warm_up: str, loader: str, codec: str
    ) -> _Answer:
        for name in preload:
            importlib.import_module(name)
        self._loader, self._codec = named(loader), named(codec)
        named(warm_up)()
        self._learn_the_kernel()
        gc.collect()
        gc.freeze()
        threads = len(os.listdir("/proc/self/task"))
        return {"threads": threads, "landlock": self._landlock_abi}, []

    def _learn_the_kernel(self) -> None:
        # A kernel that lacks one is refused by the proof, which can name the layer.
        if kernel.NUMBERS:
            self._filter = seccomp.program()
            try:
                self._landlock_abi = landlock.version()
            except OSError:
                self._landlock_abi = 0

    def _do_fork(
        self,
        fds: list[int],
        limits: dict[str, Any],
        layers: list[str],
        probe: str | None,
    ) -> _Answer:
        message = {"limits": limits, "layers": layers, "probe": probe}
        pid = self._become(json.dumps(message).encode(), fds)
        self._later.append(self._fork_ahead)
        return {"pid": pid}, [os.pidfd_open(pid)]

    def _become(self, message: bytes, fds: list[int]) -> int:
        """Make a worker of the spare process; of a fresh one where the spare is gone."""
        for _ in range(2):
            self._fork_ahead()
            assert self._spare is not None
            (pid, end), self._spare = self._spare, None
            self._workers.add(pid)
            with end, suppress(OSError):
                socket.send_fds(end, [message], fds)
                return pid
            self._end(pid)
        raise ChildProcessError("a fresh fork ended before it was told anything")

    def _fork_ahead(self) -> None:
        """Fork the next worker, so that who asks for it need not wait for the fork."""
        if self._spare is not None:
            return
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent, mapped = os.getpid(), _mapped_bytes()
        pid = os.fork()
        if pid == 0:
            try:
                # Else the end of this process would not end its wait.
                mine.close()
                self._wait_and_become(its, parent, mapped)
            finally:
                os._exit(0)
        its.close()
        self._spare = pid, mine

    def _do_reap(self, fds: list[int], pid: int, wait: bool) -> _Answer:
        if wait or pid not in self._workers:
            return {"status": self._end(pid)}, []
        self._kill(pid)
        self._later.append(partial(self._end, pid))
        return {"status": None}, []

    def _do_spare(self, fds: list[int]) -> _Answer:
        return {"pid": self._spare[0] if self._spare else None}, []

    # --- children ------------------------------------------------------------------

    def _wait_and_become(self, end: socket.socket, parent: int, mapped: int) -> None:
        """Wait to be told what to become; end with the parent, and where it closes."""
        message, fds, _, _ = socket.recv_fds(end, _MESSAGE, 1)
        end.close()
        if not message or os.getppid() != parent:
            return
        told = json.loads(message)
        plan = Plan(
            Limits(**told["limits"]), told["layers"], fds[0], parent, mapped,
            self._landlock_abi, self._filter,
        )  # fmt: skip
        self._become_worker(plan, told["probe"])

    def _become_worker(self, plan: Plan, probe: str | None) -> NoReturn:
        try:
            fd = CHANNEL_FD if "process" in plan.layers else plan.channel_fd
            fd = self._confined(plan, fd)
            if probe is None:
                Serving(fd, self._loader, self._codec).forever()
            else:
                _say(fd, {"probe": probes.run(probe)})
        finally:
            os._exit(0)

    def _confined(self, plan: Plan, fd: int) -> int:
        try:
            confine(plan)
        except LayerFailed as failure:
            # The first layer may have failed before it moved the channel.
            unmoved = failure.args[0] == "process"
            _say(plan.channel_fd if unmoved else fd, {"failed": failure.args})
            os._exit(0)
        _say(fd, {"ready": True})
        return fd

    def _end(self, pid: int) -> int | None:
        if pid not in self._workers:
            return None
        self._kill(pid)
        _, status = os.waitpid(pid, 0)
        self._workers.discard(pid)
        self._end_orphans()
        return status

    @staticmethod
    def _kill(pid: int) -> None:
        # Not yet reaped, so neither the process nor its group can be another's.
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)

    def _end_orphans(self) -> None:
        known = {*self._workers, *([self._spare[0]] if self._spare else [])}
        while orphans := _children() - known:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def end_all(self) -> None:
        """End every worker and whatever they left."""
        if self._spare is not None:
            self._workers.add(self._spare[0])
            self._spare = None
        for pid in list(self._workers):
            self._end(pid)


def _children() -> set[int]:
    """Return this process's children, ended ones not yet reaped among them."""
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:
            return {int(word) for word in file.read().split()}
    except FileNotFoundError:
        everyone = map(int, filter(str.isdigit, os.listdir("/proc")))
        return {pid for pid in everyone if _parent(pid) == me}


def _parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _mapped_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _say(fd: int, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    os.write(fd, HEADER.pack(len(body)) + body)
