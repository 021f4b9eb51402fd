"""What fails tick after tick: one failure is the next tick's to mend, many are a person's.

An exchange that does not answer for an hour, or a key that was taken back, leaves the
loop running and doing nothing. It must not do that in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# Ticks in a row after which it is told; a quarter of an hour.
LASTING = 3
FETCH = "fetch"
# What is not tried without the parts of a tick before it.
UNTRIED = {"books": {"equity", "entries"}}
Line = tuple[str, dict[str, Any]]


@dataclass
class Troubles:
    """The parts of a tick that failed lately, by how often in a row."""

    _now: dict[str, str] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, /, **detail: Any) -> None:
        """Take in what the loop tells; only trouble counts."""
        if kind == "trouble":
            self._now[str(detail["part"])] = str(detail["error"])

    def tick(self) -> Iterator[Line]:
        """End a tick; yield what is to be told: `stuck` and, when it is over, `unstuck`."""
        now, self._now = self._now, {}
        # Without the exchange's answers nothing else is tried, so nothing else is over.
        untried = {later for part in now for later in UNTRIED.get(part, ())}
        over = [part for part in self._rows if part not in now.keys() | untried]
        over = [] if FETCH in now else over
        for part in over:
            if self._rows.pop(part) >= LASTING:
                yield "unstuck", {"part": part}
        for part, error in now.items():
            self._rows[part] = self._rows.get(part, 0) + 1
            if self._rows[part] == LASTING:
                yield "stuck", {"part": part, "error": error, "ticks": LASTING}
