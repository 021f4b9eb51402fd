"""One failure's search: taken up anew with whatever the gate shows against a patch.

The search knows a part of the gate's tests. A patch that passes that part and is refused
comes back as an input more, as long as its time lasts.
"""

from __future__ import annotations

import time
from dataclasses import replace

from architect.gate.verdict import Verdict
from architect.wick.spec_search.handle import Searcher
from architect.wick.spec_search.order import Ended, Found, Order

# So often it begins anew with a counter-example of the gate's.
MOST_LESSONS = 8
LOOK_S = 0.05


class Searching:
    """Begins at once; `over` tells that nothing more will come."""

    def __init__(self, searcher: Searcher, order: Order) -> None:
        self._searcher, self._order = searcher, order
        self._since = time.monotonic()
        self._until = self._since + order.wall_s
        self._rests = self._since
        self._lessons = self._before = 0
        self._ended: Ended | None = None
        searcher.begin(order)

    @property
    def over(self) -> bool:
        """Tell whether it ended by itself."""
        return self._ended is not None

    def next(self) -> Found | None:
        """Wait for the next patch; None when there is none. Say what became of it by
        `answer` before asking again."""
        while self._ended is None:
            told = self._searcher.poll(LOOK_S)
            if isinstance(told, Found):
                self._rests = time.monotonic()
                return told
            self._ended = told
        return None

    def answer(self, refused: Verdict | None) -> None:
        """Go on behind a patch; `refused` is the verdict of one that the gate refused."""
        self._until += time.monotonic() - self._rests
        left = self._until - time.monotonic()
        taught = None
        if refused is not None and self._lessons < MOST_LESSONS and left > 0:
            seconds = min(self._order.seconds, left)
            taught = self._order.taught(refused, seconds)
        if taught is None:
            self._searcher.go_on()
            return
        self._note(self._searcher.end())
        self._lessons, self._order = self._lessons + 1, taught
        self._searcher.begin(taught)

    def end(self) -> tuple[Ended, float]:
        """End it; return what it came to and how long it took, in seconds."""
        ended = self._ended or self._searcher.end() or Ended(0, 0.0)
        whole = replace(ended, candidates=ended.candidates + self._before)
        return whole, time.monotonic() - self._since

    def _note(self, ended: Ended | None) -> None:
        self._before += ended.candidates if ended else 0
