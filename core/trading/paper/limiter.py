"""Kraken's rate limit on private calls: 500 tokens in 10 seconds of simulated time.

Within one candle time stands still, so one candle's calls share one full pool.
Public calls are free; the history calls' own pool is not modelled.
"""

from __future__ import annotations

from collections.abc import Mapping

POOL = 500
WINDOW_MS = 10_000
_COSTS = {
    "sendorder": 10,
    "editorder": 10,
    "cancelorder": 10,
    "cancelallorders": 25,
    "cancelallordersafter": 25,
    "accounts": 2,
    "openpositions": 2,
    "openorders": 2,
    "orders/status": 1,
    "leveragepreferences": 2,
    "feeschedules/volumes": 1,
}


def cost(endpoint: str, args: Mapping[str, str], batch_size: int) -> int:
    """Return the tokens of one call."""
    if endpoint == "fills":
        return 25 if "lastFillTime" in args else 2
    if endpoint == "batchorder":
        return 9 + batch_size
    if endpoint == "leveragepreferences" and "symbol" in args:
        return 10
    return _COSTS.get(endpoint, 0)


class TokenPool:
    """Tokens that come back evenly over the window."""

    def __init__(self) -> None:
        self._tokens = float(POOL)
        self._time_ms = 0

    def spend(self, tokens: int, now_ms: int) -> bool:
        """Take tokens at a time; False, and nothing taken, if they are not there."""
        back = max(0, now_ms - self._time_ms) * POOL / WINDOW_MS
        self._tokens = min(float(POOL), self._tokens + back)
        self._time_ms = now_ms
        if tokens > self._tokens:
            return False
        self._tokens -= tokens
        return True
