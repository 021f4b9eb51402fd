"""Fetches the closed candles of an exchange's public charts; no key is needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from architect.candle_file import CandleFile
from core.errors import ExchangeError, ExchangeUnavailable
from core.plain_words import counted
from core.trading.gateway.adapter import INTERVALS_MS, Candle
from core.trading.gateway.adapters import charts

PAGE = 2000
Answer = TypeVar("Answer")
PAUSES_S = (1.0, 2.0, 4.0)
# The exchange needs a moment to publish a candle; so often its clock is looked at.
SETTLE_S, LOOK_S = 2.0, 15.0


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
        self._charts = charts(url)
        self._sleep = sleep

    def now_ms(self, symbol: str) -> int:
        """Return the exchange's time; ExchangeError if it does not list the symbol."""
        return self._patiently(lambda: self._charts.now_ms(symbol))

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

    def follow(
        self,
        files: Mapping[str, CandleFile],
        interval: str,
        wait: Callable[[float], bool],
        tell: Callable[[str, str], None],
    ) -> None:
        """Add each symbol's candles as they close, until `wait` says to stop.

        `wait` waits for seconds, as Event.wait does. `tell` is told a kind and a text: of
        `added` candles, and once of `trouble`, which is waited for.
        """
        troubled, pause_s = False, 0.0
        while not wait(pause_s):
            try:
                pause_s, added = self._add_closed(files, interval)
            except ExchangeError as error:
                if not troubled:
                    tell("trouble", f"candles: {error}; it is tried on")
                troubled, pause_s = True, LOOK_S
                continue
            if added:
                tell("added", counted(added, "candle"))
            if troubled:
                tell("over", "candles: the exchange answers again")
            troubled = False

    def _add_closed(
        self, files: Mapping[str, CandleFile], interval: str
    ) -> tuple[float, int]:
        """Return for how long to wait before the next look, and how many candles came."""
        step, added = INTERVALS_MS[interval], 0
        now_ms = self.now_ms(next(iter(files)))
        for symbol, file in files.items():
            # A file that has candles goes on after its last one; another begins here.
            span = Span(symbol, interval, now_ms - 2 * step, now_ms)
            added += self.fetch(span, file, lambda asked: None)[0]
        behind = any((f.last_ms or 0) + 2 * step <= now_ms for f in files.values())
        due_s = SETTLE_S if behind else (step - now_ms % step) / 1000 + SETTLE_S
        return min(due_s, LOOK_S), added

    def _page(self, span: Span, since_ms: int, count: int) -> list[Candle]:
        return self._patiently(
            lambda: self._charts.candles(span.symbol, span.interval, since_ms, count)
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
