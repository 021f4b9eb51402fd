"""The kill switch: while its file exists, nothing new is opened; exits still pass.

A file, so that it outlives the gateway, and so that `touch` is enough in a hurry.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.errors import GatewayRefused
from core.trading import kill_file

_HINT = "architect resume, when the cause is mended"


class KillSwitch:
    """Halted or not, with the reason. `on_halt` is told of each new halt."""

    def __init__(
        self, path: Path, on_halt: Callable[[str], None] = lambda reason: None
    ) -> None:
        self._path, self._on_halt = path, on_halt

    def halt(self, reason: str) -> None:
        """Stop new risk; a first reason is kept."""
        if kill_file.write(self._path, reason):
            self._on_halt(reason)

    def resume(self) -> None:
        """Allow new risk again."""
        self._path.unlink(missing_ok=True)

    def reason(self) -> str | None:
        """Return why it is halted, None if it is not."""
        return kill_file.read(self._path)

    def check(self) -> None:
        """Raise GatewayRefused while halted."""
        if (reason := self.reason()) is not None:
            raise GatewayRefused(
                f"halted ({reason}): only reduce-only orders and cancels pass",
                hint=_HINT,
            )
