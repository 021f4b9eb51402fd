"""When the next tick is due: at a candle's close, in real or in simulated time."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, Protocol

from core.errors import ExchangeUnavailable
from core.trading.trader.config import CANDLE_MS

# So often the loop says that it lives while it waits for a candle.
BEAT_S = 15.0
# Simulated time stands still while a call waits to be tried again; processes do not.
PAPER_NAP_S = 0.1
# So often it is looked whether a candle has closed that a paper market follows.
LOOK_S = 1.0
# More than can have come meanwhile.
MOST_STEPS = 1_000_000


class TickClock(Protocol):
    """Yields the times at which candles close.

    `between` is called about every BEAT_S of real time while it waits.
    """

    between: Callable[[], object]

    def now_ms(self) -> int:
        """Return the market's UTC milliseconds."""

    def sleep(self, seconds: float) -> None:
        """Wait before a call to the exchange is tried again."""

    def next_close_ms(self) -> int | None:
        """Wait for the next close; return its UTC ms, None when there is none left."""


class RealClock:
    """Waits for real candles; `settle_s` lets the exchange publish them.

    `wait` waits for seconds and tells whether to stop, as Event.wait does.
    """

    def __init__(self, wait: Callable[[float], bool], *, settle_s: float = 2.0) -> None:
        self._wait, self._settle_s = wait, settle_s
        self._told_ms = 0
        self.between: Callable[[], object] = lambda: None

    def now_ms(self) -> int:
        """Return UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        """Wait for real seconds, not longer than until it is to stop."""
        self._wait(seconds)

    def next_close_ms(self) -> int | None:
        """Wait until the next candle has closed and settled; None when it is to stop."""
        due = self._due_ms()
        while (left := due / 1000 + self._settle_s - self.now_ms() / 1000) > 0:
            self.between()
            if self._wait(min(left, BEAT_S)):
                return None
            # A clock that was hours ahead may have been set right meanwhile.
            due = min(due, self._due_ms())
        # A machine that slept wakes at a later candle: nothing is decided on an old one.
        settled_ms = self.now_ms() - int(self._settle_s * 1000)
        self._told_ms = max(due, settled_ms // CANDLE_MS * CANDLE_MS)
        return self._told_ms

    def _due_ms(self) -> int:
        due = (self.now_ms() // CANDLE_MS + 1) * CANDLE_MS
        # Where the clock went back a little, that one has been told.
        return due + CANDLE_MS if due == self._told_ms else due


class PaperClock:
    """Steps the paper exchange's market; one step is one candle.

    At most one in `pace_s` seconds of real time; `wait` waits and tells whether to stop, as
    Event.wait does. Where the market follows another, the next close is waited for, and of
    several that have come the newest decides.
    """

    def __init__(
        self,
        url: str,
        token: str,
        pace_s: float = 0.0,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._token = token
        self._connection = http.client.HTTPConnection(*self._address, timeout=30)
        state = self._ask("GET", "/paper/state")
        self._now_ms, self._grows = int(state["time_ms"]), bool(state["grows"])
        self._pace_s, self._wait = pace_s, wait
        self._beaten_s = self._stepped_s = time.monotonic()
        self.between: Callable[[], object] = lambda: None

    def now_ms(self) -> int:
        """Return the simulated UTC milliseconds."""
        return self._now_ms

    def sleep(self, seconds: float) -> None:
        """Wait for a moment of real time: the gateway may be starting again."""
        time.sleep(min(seconds, PAPER_NAP_S))

    def next_close_ms(self) -> int | None:
        """Step one candle; None when the candles are used up, or when it is to stop."""
        self._beat()
        due = self._stepped_s + self._pace_s
        while (left := due - time.monotonic()) > 0:
            if self._wait(min(left, BEAT_S)):
                return None
            self._beat()
        self._stepped_s = time.monotonic()
        while not (answer := self._step())["stepped"]:
            if not self._grows or self._wait(LOOK_S):
                return None
            self._beat()
        self._now_ms = int(answer["time_ms"])
        return self._now_ms

    def close(self) -> None:
        """Close the connection to the paper exchange."""
        self._connection.close()

    def _step(self) -> dict[str, Any]:
        most = {"candles": MOST_STEPS} if self._grows else {}
        return self._ask("POST", "/paper/step", most)

    def _beat(self) -> None:
        if time.monotonic() - self._beaten_s >= BEAT_S:
            self._beaten_s = time.monotonic()
            self.between()

    def _ask(
        self, method: str, path: str, body: dict[str, int] | None = None
    ) -> dict[str, Any]:
        try:
            text = json.dumps(body) if body else None
            self._connection.request(method, path, text, {"X-Paper-Token": self._token})
            response = self._connection.getresponse()
            plain: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise ExchangeUnavailable(f"paper exchange: {error}") from None
        if response.status != 200:
            raise ExchangeUnavailable(f"paper exchange: {response.status} {plain}")
        return plain
