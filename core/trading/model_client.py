"""The Model port over the signal service's socket: bounded, and never an error.

An entry must not wait for a model beyond a bound, and must not fail with it. So every
question has one deadline over all of it, an answer is kept for its key, and after some
failures in a row nobody is asked for a while. No key and no model client is here.
"""

from __future__ import annotations

import json
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER_MAX = 16_384
KEPT = 512
# After so many failures in a row nobody is asked for QUIET_S.
FAILURES = 3
QUIET_S = 60.0

Tell = Callable[..., None]


class SignalModel:
    """Asks the service at `path`, waiting `wait_s` at most for each new key.

    `tell("trouble", ...)` hears of the first failure of a row; `clock` gives seconds.
    """

    def __init__(
        self,
        path: Path | str,
        wait_s: float = 3.0,
        tell: Tell = lambda *_, **__: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._wait_s, self._tell = str(path), wait_s, tell
        self._clock = clock
        self._known: OrderedDict[str, str | None] = OrderedDict()
        self._failures, self._quiet_until = 0, 0.0

    def judge(self, key: str, context: str) -> str | None:
        """Return the answer in its own words, None if there is none in time."""
        if key not in self._known:
            self._known[key] = self._asked(context)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[key]

    def _asked(self, context: str) -> str | None:
        if self._clock() < self._quiet_until:
            return None
        try:
            answer = _answer_in(self._exchanged(context))
        except (OSError, ValueError, RecursionError) as error:
            self._failed(error)
            return None
        self._failures = 0
        return answer

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if self._failures == 1:
            self._tell("trouble", part="model", error=f"{error!s:.200}")
        if self._failures >= FAILURES:
            self._failures, self._quiet_until = 0, self._clock() + QUIET_S

    def _exchanged(self, context: str) -> bytes:
        """Send the question and return the answer's line, all within the deadline."""
        deadline = self._clock() + self._wait_s
        request = json.dumps({"context": context}).encode() + b"\n"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._wait_s)
            connection.connect(self._path)
            connection.sendall(request)
            line = b""
            while not line.endswith(b"\n"):
                left_s = deadline - self._clock()
                if left_s <= 0:
                    raise TimeoutError(f"no answer within {self._wait_s:g} s")
                connection.settimeout(left_s)
                piece = connection.recv(ANSWER_MAX)
                if not piece or len(line) > ANSWER_MAX:
                    raise ValueError("the signal service gave no whole answer")
                line += piece
        return line


def _answer_in(line: bytes) -> str:
    plain: Any = json.loads(line)
    answer = plain.get("answer") if isinstance(plain, dict) else None
    if not isinstance(answer, str):
        told = plain.get("error") if isinstance(plain, dict) else None
        raise ValueError(f"the signal service says: {told!r:.150}")
    return answer
