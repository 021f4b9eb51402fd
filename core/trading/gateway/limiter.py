"""Keeps within the exchange's request budget, counted in the exchange's own time.

The exchange allows so many tokens in any window. Its time is what its answers say,
plus what has passed here since: real time against the live exchange, and simulated time
against a paper exchange that runs faster, with no setting that could be wrong.
A sliding window is used because it also satisfies a fixed window and a token bucket.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from core.errors import RateLimited

# A step back that no jitter of the network explains: another run of the exchange.
_RESTART_MS = 60_000


class ServerClock:
    """The exchange's time, from the last answer that told it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last = (0, monotonic())

    def observe(self, server_ms: int) -> None:
        """Take the time of an answer. Late answers do not turn the clock back."""
        now = self.now_ms()
        if server_ms > now or server_ms < now - _RESTART_MS:
            self._last = (server_ms, self._monotonic())

    def now_ms(self) -> int:
        """Return UTC milliseconds; never ahead of an honest exchange."""
        server_ms, at = self._last
        return server_ms + int((self._monotonic() - at) * 1000)


class RateLimiter:
    """A budget of tokens in a sliding window.

    `reserve` tokens are kept for urgent calls (orders, cancels, the dead man's switch), so
    reads can never starve them.
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
    ) -> None:
        self._now_ms = now_ms
        self._budget, self._window_ms, self._reserve = budget, window_ms, reserve
        self._max_wait_s, self._sleep = max_wait_s, sleep
        self._spent: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._lock = threading.Lock()

    def take(self, cost: int, *, urgent: bool = False) -> None:
        """Spend tokens, waiting up to max_wait_s; RateLimited if that is too short."""
        waited = 0.0
        while (wait_ms := self._try(cost, urgent)) > 0:
            if waited >= self._max_wait_s:
                raise RateLimited(
                    f"{cost} tokens are not free within {self._max_wait_s:g} s; not sent",
                    hint="ask less often",
                )
            # Short naps: simulated time may jump while this waits.
            nap = min(wait_ms / 1000, 0.05)
            self._sleep(nap)
            waited += nap

    def _try(self, cost: int, urgent: bool) -> int:
        """Spend and return 0, or return the milliseconds until it may fit."""
        if not cost:
            return 0
        with self._lock:
            now = self._now_ms()
            self._forget(now)
            budget = self._budget - (0 if urgent else self._reserve)
            if self._sum + cost <= budget:
                self._spent.append((now, cost))
                self._sum += cost
                return 0
            oldest = self._spent[0][0] if self._spent else now
            return max(1, oldest + self._window_ms - now)

    def _forget(self, now: int) -> None:
        spent = self._spent
        while spent and not now - self._window_ms < spent[0][0] <= now:
            self._sum -= spent.popleft()[1]
