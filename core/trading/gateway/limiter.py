"""Keeps within the exchange's request budget, counted in the exchange's own time.

The exchange allows so many tokens in any window. Its time is what its answers say,
plus what has passed here since: real time against the live exchange, and simulated time
against a paper exchange that runs faster, with no setting that could be wrong.
A sliding window is used because it also satisfies a fixed window and a token bucket.

A process cannot know what the one before it spent. Until a window has passed, it takes a
part of the budget to have been spent, evenly over the window before its start. For
reads and entries that is all of it: they go at the sustained rate from the first on. For
what reduces risk it is half, 25 orders at once: an exit or a stop that waits costs money,
and one that is sent too early is refused, not carried out, and sent again. Of the history
it is half too: its window is ten minutes, and a start that asks what became of its orders
cannot wait for that.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import IntEnum

from core.errors import RateLimited

# A step back that no jitter of the network explains: another run of the exchange.
RESTART_MS = 60_000
_BUCKET_US = 60_000_000


class Need(IntEnum):
    """What tokens are wanted for. READ leaves a reserve; EXIT reduces risk."""

    READ = 0
    ENTRY = 1
    EXIT = 2


# Which part of a budget the process before has spent, as far as anybody knows.
SPENT_BEFORE = {Need.READ: 1.0, Need.ENTRY: 1.0, Need.EXIT: 0.5}


class ServerClock:
    """The exchange's time: this machine's since it began, plus how far that is behind.

    Of the answers of the last one to two minutes the earliest in coming tells how far; not
    of all, for a machine whose clock is fast would run ahead of the exchange for ever.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        # Whole microseconds: a float would say a millisecond less than it was told.
        began = self._here()
        self._offsets, self._began = (-began, -began), began
        self._began_ms: int | None = None

    def observe(self, server_ms: int) -> None:
        """Take the time of an answer. Late answers do not turn the clock back."""
        now, here = self.now_ms(), self._here()
        if self._began_ms is None:
            self._began_ms = server_ms - now
        offset = server_ms * 1000 - here
        before, newest = self._offsets
        if server_ms < now - RESTART_MS:
            before = newest = offset
        elif here - self._began >= _BUCKET_US:
            stale = here - self._began >= 2 * _BUCKET_US
            before, newest, self._began = offset if stale else newest, offset, here
        self._offsets = (before, max(newest, offset))

    def elapsed_ms(self) -> int:
        """Return the exchange's time since this clock was made; no jump at the first answer."""
        return self.now_ms() - (self._began_ms or 0)

    def now_ms(self) -> int:
        """Return UTC milliseconds; ahead of an honest exchange by no more than what this
        machine's clock gains in two minutes. Small steps back are possible.
        """
        return (self._here() + max(self._offsets)) // 1000

    def _here(self) -> int:
        return int(self._monotonic() * 1_000_000)


class RateLimiter:
    """A budget of tokens in a sliding window. Thread-safe.

    `reserve` tokens are kept from reads, so that these can never starve orders, cancels
    and the dead man's switch. `spent_before` tells, by need, which part of the budget was
    spent in the window before; `lived_ms` is how long ago that window ended.
    """

    def __init__(
        self,
        now_ms: Callable[[], int],
        *,
        budget: int = 500,
        window_ms: int = 10_000,
        reserve: int = 120,
        max_wait_s: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
        spent_before: Mapping[Need, float] | None = None,
        lived_ms: int = 0,
    ) -> None:
        self._now_ms = now_ms
        self._budget, self._window_ms, self._reserve = budget, window_ms, reserve
        self._max_wait_s, self._sleep = max_wait_s, sleep
        self._spent_before = spent_before or {}
        self._began_ms = now_ms() - lived_ms
        self._spent: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._lock = threading.Lock()

    def take(self, cost: int, need: Need = Need.READ) -> None:
        """Spend tokens, waiting up to max_wait_s; RateLimited if that is too short."""
        waited = 0.0
        while (wait_ms := self._try(cost, need)) > 0:
            if waited >= self._max_wait_s:
                raise RateLimited(
                    f"{cost} tokens are not free within {self._max_wait_s:g} s; not sent",
                    hint="ask less often",
                )
            # Short naps: simulated time may jump while this waits.
            nap = min(wait_ms / 1000, 0.05)
            self._sleep(nap)
            waited += nap

    def _try(self, cost: int, need: Need) -> int:
        """Spend and return 0, or return the milliseconds until it may fit."""
        if not cost:
            return 0
        with self._lock:
            now = self._now_ms()
            self._forget(now)
            budget = self._budget - (self._reserve if need is Need.READ else 0)
            before = self._before(need, budget, now)
            missing = self._sum + before + cost - budget
            if missing <= 0:
                self._spent.append((now, cost))
                self._sum += cost
                return 0
            if before:
                # It comes back evenly, so it is known when enough of it has.
                back_ms = (
                    missing * self._window_ms / (self._spent_before[need] * budget)
                )
                return max(1, math.ceil(back_ms))
            oldest = self._spent[0][0] if self._spent else now
            return max(1, oldest + self._window_ms - now)

    def _before(self, need: Need, budget: int, now: int) -> float:
        """Return the tokens that the process before spent and that are not back yet."""
        elapsed_ms = now - self._began_ms
        if not 0 <= elapsed_ms < self._window_ms:
            return 0.0
        spent = self._spent_before.get(need, 0.0) * budget
        # One more, since both sides round what has come back.
        return spent and spent * (1 - elapsed_ms / self._window_ms) + 1

    def _forget(self, now: int) -> None:
        spent = self._spent
        if spent and now < spent[-1][0] <= now + RESTART_MS:
            # The clock has stepped back: what was spent is not free for that.
            spent = self._spent = deque((min(at, now), cost) for at, cost in spent)
        while spent and not now - self._window_ms < spent[0][0] <= now:
            self._sum -= spent.popleft()[1]
