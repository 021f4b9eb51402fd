"""The trusted side's hold on the zygote: starts it, asks it, ends it.

The zygote is a fresh interpreter, not a fork of this process, so nothing that this
process knows (expected values, held-back examples, keys) is in a worker's memory.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict
from threading import Lock
from typing import IO, Any

from architect.gate.sandbox.limits import Limits
from core.errors import GateError

_BOOT = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from architect.gate.sandbox.zygote import main; main(int(sys.argv[1]))"
)
# A pool of threads in the zygote would make its forks hang; the seed of the hashes
# makes sets come in the same order in every worker.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "ARROW_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
}
# The running system is in UTC. What a machine's zone decides shows in the other sandbox.
_ZONE, _ZONE_ELSEWHERE = "UTC", "ELSE-9:30"
_WARM_S, _ANSWER_S, _END_S = 60.0, 10.0, 5.0
_MESSAGE = 1 << 16


class ZygoteHandle:
    """A running zygote. Every method raises GateError when it is gone."""

    def __init__(self, hash_seed: int = 0) -> None:
        self._hash_seed = hash_seed
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control, self._lock = mine, Lock()
        self._errors: IO[bytes] = (
            tempfile.TemporaryFile()  # noqa: SIM115 - close() does
        )
        with its:
            self._process = self._spawn(its.fileno())

    def _spawn(self, control_fd: int) -> subprocess.Popen[bytes]:
        paths = [os.path.abspath(path) for path in sys.path]
        return subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", _BOOT, str(control_fd), *paths],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env={
                **ENVIRONMENT,
                "PYTHONHASHSEED": str(self._hash_seed),
                "TZ": _ZONE_ELSEWHERE if self._hash_seed else _ZONE,
            },
            pass_fds=[control_fd],
            # Ctrl-C is the trusted side's to handle.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def warm(
        self, preload: Sequence[str], warm_up: str, loader: str, codec: str
    ) -> dict[str, Any]:
        """Import everything once; return its count of threads and Landlock's version."""
        answer, _ = self._ask(
            {
                "do": "warm",
                "preload": [*preload],
                "warm_up": warm_up,
                "loader": loader,
                "codec": codec,
            },
            timeout_s=_WARM_S,
        )
        return answer

    def fork(
        self,
        end: socket.socket,
        limits: Limits,
        layers: Collection[str],
        probe: str | None,
    ) -> tuple[int, int]:
        """Fork a worker that talks on `end`; return its pid and a pidfd to it."""
        request = {
            "do": "fork",
            "limits": asdict(limits),
            "layers": [*layers],
            "probe": probe,
        }
        answer, fds = self._ask(request, [end.fileno()])
        return answer["pid"], fds[0]

    def reap(self, pid: int, wait: bool = True) -> int | None:
        """Kill the worker, its group and its orphans; return its wait status, None if that
        is not waited for.
        """
        answer, _ = self._ask({"do": "reap", "pid": pid, "wait": wait})
        status: int | None = answer["status"]
        return status

    def spare(self) -> int | None:
        """Return the pid of the child that waits to become the next worker, if one does."""
        answer, _ = self._ask({"do": "spare"})
        pid: int | None = answer["pid"]
        return pid

    def close(self) -> None:
        """End the zygote and all its workers."""
        self._control.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _ask(
        self,
        request: dict[str, Any],
        fds: Sequence[int] = (),
        timeout_s: float = _ANSWER_S,
    ) -> tuple[dict[str, Any], list[int]]:
        try:
            with self._lock:
                self._control.settimeout(timeout_s)
                socket.send_fds(
                    self._control, [json.dumps(request).encode()], list(fds)
                )
                message, given, _, _ = socket.recv_fds(self._control, _MESSAGE, 1)
        except OSError as error:
            raise self._gone(f"did not answer: {error}") from None
        if not message:
            raise self._gone("ended")
        answer = json.loads(message)
        if "failed" in answer:
            raise GateError(f"the sandbox's parent failed: {answer['failed'].strip()}")
        for fd in given:
            os.set_inheritable(fd, False)
        return answer, given

    def _gone(self, how: str) -> GateError:
        said = "" if self._errors.closed else self._last_words()
        return GateError(
            f"the sandbox's parent process {how}{said}",
            hint="start the sandbox again; if it ends again, see that memory is not short",
        )

    def _last_words(self) -> str:
        self._errors.seek(0)
        text = self._errors.read()[-2000:].decode(errors="replace").strip()
        return f": {text}" if text else ""
