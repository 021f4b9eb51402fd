"""Whether the trading loop is started again after a module's call held its whole process.

Any other end of a process is one that a person should see.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.hang import EXIT_CODE

MOST = 5


@dataclass
class Restarts:
    """`note` is where the ended process wrote what it hung in; `made` counts."""

    note: Path
    made: int = 0

    def due(self, name: str, code: int | None) -> bool:
        """Tell whether this process is to be started again; each yes counts."""
        hung = name == "trader" and code == EXIT_CODE and self._noted()
        if not hung or self.made >= MOST:
            return False
        self.made += 1
        return True

    def _noted(self) -> bool:
        return self.note.is_file() and self.note.stat().st_size > 0
