"""A paper exchange as a process, for tests, and its control calls."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from running_gateway import environment as gateway_environment


class Paper:
    """A context manager: the process runs inside it. `more` are its command's words."""

    def __init__(self, keys_file: Path, *more: str, count: int = 900) -> None:
        command = [sys.executable, "-m", "core.trading.paper", "--seed", "7"]
        self.process = subprocess.Popen(
            [*command, "--keys-file", str(keys_file), "--count", str(count), *more],
            env=gateway_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.keys_file, self.url = keys_file, self.ready["url"]
        self.token = json.loads(keys_file.read_text())["control_token"]
        self.connection = http.client.HTTPConnection("127.0.0.1", self.ready["port"])

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Make one control call and return its answer."""
        text = json.dumps(body) if body else None
        headers = {"X-Paper-Token": self.token}
        self.connection.request(method, f"/paper/{path}", text, headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        assert response.status == 200, answer
        return answer

    def state(self) -> Any:
        """Return the exchange's own books."""
        return self.ask("GET", "state")

    def step(self, candles: int = 1) -> Any:
        """Go on by so many candles."""
        return self.ask("POST", "step", candles=candles)

    def fault(self, name: str, match: str = "*", **more: Any) -> None:
        """Queue a fault."""
        self.ask("POST", "fault", name=name, match=match, **more)

    def wait_for(self, holds: Callable[[Any], bool], timeout_s: float = 10.0) -> Any:
        """Return the first state for which it holds; AssertionError after a time."""
        end = time.monotonic() + timeout_s
        while not holds(state := self.state()):
            assert time.monotonic() < end, state
            time.sleep(0.02)
        return state

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.communicate(timeout=10)
