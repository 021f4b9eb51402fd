"""Answers to the charts API, built from pieces of JSON that are made once a candle.

Only closed candles are shown. The client's clock is real and this exchange's is not:
a window that lies wholly after the last candle means "the newest", so it is moved back
to end there (ccxt asks so when it is given a limit and no start).
"""

from __future__ import annotations

import numpy as np

from core.trading.candles import Candles
from core.trading.paper.market import Market

MOST_CANDLES = 2_000
_MINUTE_MS = 60_000
INTERVALS = {
    "1m": 1,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "4h": 240,
    "12h": 720,
    "1d": 1440,
    "1w": 10080,
}


class Charts:
    """The candles of one market in every interval that can be made from them."""

    def __init__(self, market: Market) -> None:
        self._market = market
        # Of which candles, those of the interval, and their rows.
        self._pieces: dict[tuple[str, int], tuple[Candles, Candles, list[str]]] = {}

    def answer(
        self, symbol: str, interval: str, from_s: int | None, to_s: int | None
    ) -> bytes | None:
        """Return the JSON of a window (seconds, both ends included); None if unknown."""
        interval_ms = INTERVALS.get(interval, 0) * _MINUTE_MS
        whole = interval_ms and interval_ms % self._market.interval_ms == 0
        if symbol not in self._market.candles or not whole:
            return None
        candles, pieces = self._of(symbol, interval_ms)
        start, end = self._window(candles, from_s, to_s)
        shown = pieces[start : min(end, start + MOST_CANDLES)]
        more = "true" if end - start > MOST_CANDLES else "false"
        text = f'{{"candles":[{",".join(shown)}],"more_candles":{more}}}'
        return text.encode()

    def _of(self, symbol: str, interval_ms: int) -> tuple[Candles, list[str]]:
        source = self._market.candles[symbol]
        found = self._pieces.get((symbol, interval_ms))
        if found is None or found[0] is not source:
            candles = merged(source, interval_ms)
            found = self._pieces[symbol, interval_ms] = (
                source,
                candles,
                _pieces(candles),
            )
        return found[1:]

    def _window(
        self, candles: Candles, from_s: int | None, to_s: int | None
    ) -> tuple[int, int]:
        now_ms = self._market.now_ms
        last_open_ms = now_ms - candles.interval_ms
        closed = int(np.searchsorted(candles.time_ms, last_open_ms, side="right"))
        to_ms = now_ms if to_s is None else to_s * 1000
        if from_s is None:
            end = int(np.searchsorted(candles.time_ms, to_ms, side="right"))
            end = min(end, closed)
            return max(0, end - MOST_CANDLES), end
        from_ms = from_s * 1000
        if from_ms >= now_ms:
            width = (to_ms - from_ms) // candles.interval_ms if to_ms > from_ms else 0
            return max(0, closed - max(1, width)), closed
        start = int(np.searchsorted(candles.time_ms, from_ms, side="left"))
        end = int(np.searchsorted(candles.time_ms, to_ms, side="right"))
        return start, max(start, min(end, closed))


def merged(candles: Candles, interval_ms: int) -> Candles:
    """Return candles of a longer interval; an unfinished first or last one is left out."""
    size = interval_ms // candles.interval_ms
    if size == 1:
        return candles
    offset = int(-(int(candles.time_ms[0]) // candles.interval_ms) % size)
    count = max(0, (len(candles) - offset) // size)
    part = slice(offset, offset + count * size)
    shape = (count, size)
    return Candles(
        candles.symbol,
        interval_ms,
        candles.time_ms[part].reshape(shape)[:, 0],
        candles.open[part].reshape(shape)[:, 0],
        candles.high[part].reshape(shape).max(axis=1),
        candles.low[part].reshape(shape).min(axis=1),
        candles.close[part].reshape(shape)[:, -1],
        candles.volume[part].reshape(shape).sum(axis=1),
    )


def _pieces(candles: Candles) -> list[str]:
    columns = (
        candles.time_ms.tolist(),
        candles.open.tolist(),
        candles.high.tolist(),
        candles.low.tolist(),
        candles.close.tolist(),
        candles.volume.tolist(),
    )
    return [
        f'{{"time":{time_ms},"open":"{opened}","high":"{high}","low":"{low}",'
        f'"close":"{close}","volume":"{volume}"}}'
        for time_ms, opened, high, low, close, volume in zip(*columns, strict=True)
    ]
