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
        plan = Plan(
            Limits(**limits), layers, fds[0], os.getpid(), _mapped_bytes(),
            self._landlock_abi, self._filter,
        )  # fmt: skip
        pid = os.fork()
        if pid == 0:
            self._become_worker(plan, probe)
        self._workers.add(pid)
        return {"pid": pid}, [os.pidfd_open(pid)]

    def _do_reap(self, fds: list[int], pid: int) -> _Answer:
        return {"status": self._end(pid)}, []

    # --- children ------------------------------------------------------------------

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
        # Not yet reaped, so neither the process nor its group can be another's.
        for kill in (os.killpg, os.kill):
            try:
                kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _, status = os.waitpid(pid, 0)
        self._workers.discard(pid)
        self._end_orphans()
        return status

    def _end_orphans(self) -> None:
        while orphans := _children() - self._workers:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def end_all(self) -> None:
        """End every worker and whatever they left."""
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
