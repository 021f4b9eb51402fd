"""A circuit breaker: a route that keeps failing is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 5
REST_S = 60.0


class Breaker:
    """Opens after some failures in a row; after a rest one try shows if it is well."""

    def __init__(
        self,
        failures: int = FAILURES,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._rest_s, self._clock = failures, rest_s, clock
        self._failures = 0
        self._shut_until: float | None = None
        self._lock = threading.Lock()

    def wait_s(self) -> float:
        """Return 0 when a call may be made, else the seconds until one may.

        After the rest one caller gets 0 and the others wait another one, until a
        call has worked.
        """
        with self._lock:
            if self._shut_until is None:
                return 0.0
            left = self._shut_until - self._clock()
            if left > 0:
                return left
            self._shut_until = self._clock() + self._rest_s
            return 0.0

    def worked(self) -> None:
        """Note a call that was answered."""
        with self._lock:
            self._failures, self._shut_until = 0, None

    def failed(self) -> None:
        """Note a call that was not."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._shut_until = self._clock() + self._rest_s
