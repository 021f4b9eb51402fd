"""How many entries were sent in the last minute of the exchange's time.

Their times lie in a file, so that a gateway that is started again does not begin at none.
The exchange is not asked: its order events do not tell entries from stops.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from pathlib import Path

from core.errors import GatewayRefused
from core.trading.gateway.limiter import RESTART_MS

SENT_FILE = "entries.json"
_MINUTE_MS = 60_000


class EntryRate:
    """At most `most` entries a minute. Without a path only this process's count."""

    def __init__(self, most: int, path: Path | None = None) -> None:
        self._most, self._path = most, path
        self._sent_ms: deque[int] | None = None

    def check(self, now_ms: int) -> None:
        """Raise GatewayRefused if the minute's entries are used up."""
        if len(self._of_last_minute(now_ms)) >= self._most:
            raise GatewayRefused(f"max_orders_per_minute is {self._most}, all are used")

    def note(self, now_ms: int) -> None:
        """Count an entry that is about to be sent."""
        sent = self._of_last_minute(now_ms)
        sent.append(now_ms)
        if self._path is None:
            return
        new = self._path.with_name(self._path.name + ".new")
        with contextlib.suppress(OSError):
            new.write_text(json.dumps([*sent]))
            os.replace(new, self._path)

    def _of_last_minute(self, now_ms: int) -> deque[int]:
        sent = self._loaded(now_ms) if self._sent_ms is None else self._sent_ms
        if sent and now_ms < sent[-1] <= now_ms + RESTART_MS:
            # The clock has stepped back: a minute is no shorter for that.
            sent = deque(min(at, now_ms) for at in sent)
        while sent and not now_ms - _MINUTE_MS < sent[0] <= now_ms:
            sent.popleft()
        self._sent_ms = sent
        return sent

    def _loaded(self, now_ms: int) -> deque[int]:
        if self._path is None:
            return deque()
        try:
            return deque(map(int, json.loads(self._path.read_text())))
        except FileNotFoundError:
            return deque()
        except (OSError, TypeError, ValueError):
            # Nobody knows, so all of them may have been sent.
            return deque([now_ms] * self._most)
