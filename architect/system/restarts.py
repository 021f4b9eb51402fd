"""Which ended processes are started again: a gateway that died, a loop that a module held.

Any other end of a process is one that a person should see, and so is a gateway that dies
again and again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.hang import EXIT_CODE

MOST = 5
# So many ends of the gateway within so long are one fault that no start mends.
GATEWAY_MOST, GATEWAY_WITHIN_S = 5, 3600.0
FIRST_DELAY_S = 0.5


@dataclass
class Restarts:
    """`note` is where the ended loop wrote what it hung in; `made` counts its restarts."""

    note: Path
    made: int = 0
    monotonic: Callable[[], float] = time.monotonic
    _gateway: deque[float] = field(default_factory=deque)

    def due(self, name: str, code: int | None) -> float | None:
        """Return in how many seconds this process is to be started again, None for never.

        Each answer but None counts.
        """
        if name == "gateway":
            return self._gateway_due()
        hung = name == "trader" and code == EXIT_CODE and self._noted()
        if not hung or self.made >= MOST:
            return None
        self.made += 1
        return 0.0

    def _gateway_due(self) -> float | None:
        now, ends = self.monotonic(), self._gateway
        while ends and now - ends[0] > GATEWAY_WITHIN_S:
            ends.popleft()
        if len(ends) >= GATEWAY_MOST:
            return None
        ends.append(now)
        return float(FIRST_DELAY_S * 2 ** (len(ends) - 1))

    def _noted(self) -> bool:
        return self.note.is_file() and self.note.stat().st_size > 0
