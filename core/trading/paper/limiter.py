"""Kraken's rate limits on private calls, in simulated time: two pools of tokens.

500 in 10 seconds for trading and account calls, 100 in 10 minutes for the history. Within
one candle time stands still, so its calls share what is there. Public calls are free.
"""

from __future__ import annotations

from collections.abc import Mapping

POOL, WINDOW_MS = 500, 10_000
HISTORY_POOL, HISTORY_WINDOW_MS = 100, 600_000
# Of the account log, by how many entries are asked for at most.
_LOG_COSTS = ((25, 1), (50, 2), (1000, 3), (5000, 6))
_LONGEST_LOG, _LOG_DEFAULT = 10, 500
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
    "PUT leveragepreferences": 10,
    "feeschedules/volumes": 1,
}


def cost(method: str, endpoint: str, args: Mapping[str, str], batch_size: int) -> int:
    """Return the tokens of one call."""
    if endpoint == "fills":
        return 25 if "lastFillTime" in args else 2
    if endpoint == "batchorder":
        return 9 + batch_size
    return _COSTS.get(f"{method} {endpoint}", _COSTS.get(endpoint, 0))


def history_cost(endpoint: str, args: Mapping[str, str]) -> int:
    """Return the tokens of one call of the history; ValueError if `count` is no number."""
    if endpoint != "account-log":
        return 1
    count = int(args.get("count", _LOG_DEFAULT))
    return next((cost for most, cost in _LOG_COSTS if count <= most), _LONGEST_LOG)


class TokenPool:
    """Tokens that come back evenly over the window."""

    def __init__(self, size: int = POOL, window_ms: int = WINDOW_MS) -> None:
        self._size, self._window_ms = size, window_ms
        self._tokens = float(size)
        self._time_ms = 0

    def spend(self, tokens: int, now_ms: int) -> bool:
        """Take tokens at a time; False, and nothing taken, if they are not there."""
        back = max(0, now_ms - self._time_ms) * self._size / self._window_ms
        self._tokens = min(float(self._size), self._tokens + back)
        self._time_ms = now_ms
        if tokens > self._tokens:
            return False
        self._tokens -= tokens
        return True
