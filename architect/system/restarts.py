"""Which ended processes are started again: a gateway or a repair worker that died, a loop that
a module held.

Any other end of a process is one that a person should see, and so is one of these again
and again.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.hang import EXIT_CODE

# So many ends within so long are one fault that no start mends.
MOST, WITHIN_S = 5, 3600.0
FIRST_DELAY_S = 0.5


def is_worker(name: str) -> bool:
    """Tell whether a process is one of the repair workers, which are numbered."""
    return name.startswith("wick")


@dataclass
class Restarts:
    """`note` is where the ended loop wrote what it hung in."""

    note: Path
    monotonic: Callable[[], float] = time.monotonic
    _ends: defaultdict[str, deque[float]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def due(self, name: str, code: int | None) -> float | None:
        """Return in how many seconds this process is to be started again, None for never.

        Each answer but None counts.
        """
        hung = name == "trader" and code == EXIT_CODE and self._noted()
        if not (hung or name == "gateway" or is_worker(name)) or not self._counts(name):
            return None
        # A loop is started without what held it, so nothing is won by waiting.
        return 0.0 if hung else FIRST_DELAY_S * 2.0 ** (len(self._ends[name]) - 1)

    def _counts(self, name: str) -> bool:
        """Count one end more; False where they are too many."""
        now, ends = self.monotonic(), self._ends[name]
        while ends and now - ends[0] > WITHIN_S:
            ends.popleft()
        if len(ends) >= MOST:
            return False
        ends.append(now)
        return True

    def _noted(self) -> bool:
        return self.note.is_file() and self.note.stat().st_size > 0
