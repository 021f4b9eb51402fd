"""A command in tmux, with the same words as `pty_terminal.Terminal`."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType

_ENDED = re.compile(r"^ended with (\d+)$", re.MULTILINE)


class TmuxTerminal:
    """One command in a tmux server of its own; `text` is its whole screen history."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self._server = f"architect-test-{uuid.uuid4().hex[:8]}"
        command = shlex.join([sys.executable, "-m", "architect", *words])
        script = f"cd {shlex.quote(str(cwd))}; {command}; echo ended with $?; sleep 600"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "110", "-y", "50",
            "bash", "-c", script,
        )  # fmt: skip

    def __enter__(self) -> TmuxTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")

    def _tmux(self, *words: str) -> str:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LLM_")}
        done = subprocess.run(
            ["tmux", "-L", self._server, *words],
            env=kept,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def type(self, text: str) -> None:
        """Press keys; a carriage return is Enter."""
        for part in re.split("(\r)", text):
            if part == "\r":
                self._tmux("send-keys", "Enter")
            elif part:
                self._tmux("send-keys", "-l", part)

    @property
    def text(self) -> str:
        """What has left the screen at its top, and what is on it."""
        return self._tmux("capture-pane", "-p", "-S", "-3000")

    def until(self, words: str, timeout_s: float = 120.0) -> None:
        """Wait until the text holds words; shows the screen if it does not."""
        end = time.monotonic() + timeout_s
        while words not in self.text:
            ended = _ENDED.search(self.text)
            assert not ended, f"ended:\n{self.text}"
            assert time.monotonic() < end, f"no {words!r} in:\n{self.text}"
            time.sleep(0.1)

    def end(self, timeout_s: float = 60.0) -> int:
        """Wait until the command ends; return its exit code."""
        limit = time.monotonic() + timeout_s
        while not (found := _ENDED.search(self.text)):
            assert time.monotonic() < limit, f"it goes on:\n{self.text}"
            time.sleep(0.1)
        return int(found[1])
