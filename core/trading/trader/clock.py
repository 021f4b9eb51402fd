"""When the next tick is due: at a candle's close, in real or in simulated time."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from typing import Any, Protocol

from core.errors import ExchangeUnavailable
from core.trading.trader.config import CANDLE_MS


class TickClock(Protocol):
    """Yields the times at which candles close."""

    def next_close_ms(self) -> int | None:
        """Wait for the next close; return its UTC ms, None when there is none left."""


class RealClock:
    """Waits for real candles; `settle_s` lets the exchange publish them."""

    def __init__(self, settle_s: float = 2.0) -> None:
        self._settle_s = settle_s

    def now_ms(self) -> int:
        """Return UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def next_close_ms(self) -> int | None:
        """Sleep until the next candle has closed and settled."""
        due = (self.now_ms() // CANDLE_MS + 1) * CANDLE_MS
        time.sleep(max(0.0, due / 1000 + self._settle_s - time.time()))
        return due


class PaperClock:
    """Steps the paper exchange's market; one step is one candle."""

    def __init__(self, url: str, token: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._token = token
        self._connection = http.client.HTTPConnection(*self._address, timeout=30)
        self._now_ms = int(self._ask("GET", "/paper/state")["time_ms"])

    def now_ms(self) -> int:
        """Return the simulated UTC milliseconds."""
        return self._now_ms

    def next_close_ms(self) -> int | None:
        """Step one candle; None when the candles are used up."""
        answer = self._ask("POST", "/paper/step")
        if not answer["stepped"]:
            return None
        self._now_ms = int(answer["time_ms"])
        return self._now_ms

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        try:
            self._connection.request(
                method, path, headers={"X-Paper-Token": self._token}
            )
            response = self._connection.getresponse()
            plain: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise ExchangeUnavailable(f"paper exchange: {error}") from None
        if response.status != 200:
            raise ExchangeUnavailable(f"paper exchange: {response.status} {plain}")
        return plain
