"""Repair workers that have ended are started again; nothing that trades waits for them.

Without them what fails stays contained, and is repaired by the next that starts.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from architect.system.child import Child
from architect.system.news import News
from architect.system.restarts import Restarts
from architect.system.system import System


@dataclass
class Workers:
    """Looks after the workers of a system; `say` writes a line for who watches."""

    system: System
    restarts: Restarts
    news: News
    say: Callable[[str], None]
    monotonic: Callable[[], float] = time.monotonic
    _due: dict[str, float] = field(default_factory=dict)

    def ended(self, child: Child) -> None:
        """Look at one that has ended, again and again until it is started."""
        due = self._due.get(child.name)
        if due is None:
            self._plan(child)
        elif self.monotonic() >= due:
            del self._due[child.name]
            # Without room for a process it has ended once more.
            with contextlib.suppress(OSError):
                self.system.start_wick_again(child.name)

    def _plan(self, child: Child) -> None:
        words = f"{child.name} ended with code {child.exit_code}"
        delay_s = self.restarts.due(child.name, child.exit_code)
        if delay_s is None:
            del self.system.children[child.name]
            told = f"{words} and is started no more: {child.last_words()}"
            self.news.missing(child.name, told)
        else:
            self._due[child.name] = self.monotonic() + delay_s
            told = f"{words}; it is started again"
            self.news.restarted(told)
        self.say(told)
