"""Which checks the candidates of a search pass and break: what says that none can win."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts by the name of a check.

    `failing` are the checks that the program fails; `passed_by` counts the candidates
    that pass one of them, `broken_by` those that pass all of them and break another.
    """

    failing: list[str] = field(default_factory=list)
    passed_by: Counter[str] = field(default_factory=Counter)
    broken_by: Counter[str] = field(default_factory=Counter)

    def add(self, message: Mapping[str, Any]) -> None:
        """Add what one worker counted."""
        self.failing = list(message["failing"])
        self.passed_by.update(message["passed_by"])
        self.broken_by.update(message["broken_by"])

    @property
    def never(self) -> list[str]:
        """The failing checks that no candidate passes."""
        return [name for name in self.failing if not self.passed_by[name]]
