"""Fetches the closed candles of an exchange's public charts; no key is needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from architect.candle_file import CandleFile
from core.errors import ExchangeError, ExchangeUnavailable
from core.trading.gateway.adapter import Candle
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.kraken_candles import INTERVALS_MS, closed_candles
from core.trading.gateway.limiter import ServerClock

PAGE = 2000
Answer = TypeVar("Answer")
PAUSES_S = (1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Span:
    """What is wanted of one symbol: candles that open in [start_ms, end_ms)."""

    symbol: str
    interval: str
    start_ms: int
    end_ms: int

    @property
    def step_ms(self) -> int:
        """How long a candle is, in ms."""
        return INTERVALS_MS[self.interval]


class Charts:
    """The charts of one exchange; `sleep` takes seconds, between two tries."""

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._calls = Calls(url, None, clock=ServerClock())
        self._sleep = sleep

    def now_ms(self, symbol: str) -> int:
        """Return the exchange's time; ExchangeError if it does not list the symbol."""
        request = {"symbol": symbol}
        answer = self._patiently(
            lambda: self._calls.read("publicGetTickersSymbol", request)
        )
        return answer.time_ms("serverTime")

    def fetch(
        self, span: Span, file: CandleFile, tell: Callable[[int], None]
    ) -> tuple[int, int]:
        """Add what the file lacks of a span; return how many it got, and how many of
        those were missing at the exchange. `tell` is told how many have been asked for.
        """
        step = span.step_ms
        since_ms = -(-span.start_ms // step) * step
        if file.last_ms is not None:
            # It grows at its end, without a hole.
            since_ms = file.last_ms + step
        before, missing, asked = len(file), 0, 0
        while (left := (span.end_ms - since_ms) // step) > 0:
            count = min(left, PAGE)
            missing += file.add(self._page(span, since_ms, count))
            since_ms += count * step
            asked += count
            tell(asked)
        return len(file) - before, missing

    def _page(self, span: Span, since_ms: int, count: int) -> list[Candle]:
        return self._patiently(
            lambda: closed_candles(
                self._calls, span.symbol, span.interval, since_ms, count
            )
        )

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        for pause_s in PAUSES_S:
            try:
                return ask()
            except ExchangeError:
                self._sleep(pause_s)
        try:
            return ask()
        except ExchangeError as error:
            raise ExchangeUnavailable(
                f"the exchange does not answer: {error}",
                hint="run the command again: it goes on where it stopped",
            ) from None
