"""Reads closed candles from Kraken's charts, page by page."""

from __future__ import annotations

from itertools import pairwise

from core.trading.gateway import kraken_rows
from core.trading.gateway.adapter import INTERVALS_MS, Candle
from core.trading.gateway.ccxt_calls import Calls

_CANDLES_A_CALL = 2000


class KrakenCharts:
    """The public charts; see `gateway.adapter.Charts`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def now_ms(self, symbol: str) -> int:
        """Return the exchange's time."""
        return server_now_ms(self._calls, symbol)

    def candles(
        self, symbol: str, interval: str, since_ms: int, limit: int
    ) -> list[Candle]:
        """Return closed candles."""
        return closed_candles(self._calls, symbol, interval, since_ms, limit)


def closed_candles(
    calls: Calls, symbol: str, interval: str, since_ms: int, limit: int
) -> list[Candle]:
    """Return the closed candles of the `limit` intervals from since_ms on, oldest first."""
    step = INTERVALS_MS[interval]
    end = since_ms + limit * step
    if end > calls.clock.now_ms():
        # Our clock is ahead of the exchange's by milliseconds at most, so only here it is
        # in doubt.
        end = min(end, server_now_ms(calls, symbol))
    found: list[Candle] = []
    while since_ms + step <= end:
        span = min(_CANDLES_A_CALL * step, end - since_ms)
        page, more = _page(calls, symbol, interval, since_ms, span)
        found += [c for c in page if c[0] >= since_ms and c[0] + step <= end]
        # The server's page may be shorter than ours; an empty one is a hole.
        since_ms = (
            max(since_ms, page[-1][0]) + step if page and more else since_ms + span
        )
    return found


def server_now_ms(calls: Calls, symbol: str) -> int:
    """Return the exchange's time; ExchangeError if it does not list the symbol."""
    # Charts tell no time, and whether a candle is closed is a question of the
    # exchange's time. Public calls are free.
    answer = calls.read("publicGetTickersSymbol", {"symbol": symbol})
    return answer.time_ms("serverTime")


def _page(
    calls: Calls, symbol: str, interval: str, since_ms: int, span_ms: int
) -> tuple[list[Candle], bool]:
    request = {
        "price_type": "trade",
        "symbol": symbol,
        "interval": interval,
        "from": since_ms // 1000,
        "to": (since_ms + span_ms) // 1000 - 1,
    }
    answer = calls.history("chartsGetPriceTypeSymbolInterval", request, 0)
    page = [kraken_rows.candle(row) for row in answer.rows("candles")]
    times = [candle[0] for candle in page]
    if any(b <= a for a, b in pairwise(times)):
        raise answer.refuse("candles are not in order of time")
    return page, answer.flag("more_candles")
