"""The market as the loop sees it: tickers, instruments and a window of closed candles."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from core.errors import ExchangeError
from core.trading.ports import Exchange
from core.trading.trader.config import CANDLE_MS
from core.trading.trader.window import CandleWindow

# Candles after which every indicator of the strategy has warmed up.
READY = 100
LISTED_MS = 3_600_000
# A candle may be told a moment after it has closed.
LATE_TRIES, LATE_S = 3, 1.0


class Market:
    """Keeps `lookback` closed candles a symbol, the newest tickers, and what is listed.

    `instruments` still has what is listed no more: a position in it may be open.
    """

    def __init__(self, exchange: Exchange, lookback: int) -> None:
        self._exchange, self._lookback = exchange, lookback
        self.instruments: dict[str, Any] = {}
        self.listed: set[str] = set()
        self._listed_ms = 0
        self.tickers: dict[str, Any] = {}
        self.candles: dict[str, CandleWindow] = {}
        self._now_ms = 0

    def update(self, now_ms: int) -> None:
        """Fetch what is new. Errors of the exchange rise; what is held stays as it was."""
        self.update_prices()
        self.update_candles(now_ms)

    def update_prices(self) -> None:
        """Fetch the newest tickers, all that an exit needs; what is listed once an hour, and
        as long as something with a price is not.
        """
        if not self.instruments:
            self._list()
        self.tickers = {t.symbol: t for t in self._exchange.tickers()}
        now_ms = max((t.time_ms for t in self.tickers.values()), default=0)
        if not self._listed_ms:
            self._listed_ms = now_ms
        # What has a price and is not listed may not be traded at the moment: it may be held.
        untold = self.tickers.keys() - self.instruments.keys()
        if untold or now_ms - self._listed_ms >= LISTED_MS:
            # Ticks, steps and margins change now and then; an exit must not wait for them.
            with suppress(ExchangeError):
                self._list()
                self._listed_ms = now_ms

    def _list(self) -> None:
        listed = {i.symbol: i for i in self._exchange.instruments()}
        self.listed = set(listed)
        self.instruments = self.instruments | listed

    def update_candles(self, now_ms: int) -> None:
        """Fetch the candles that have closed since the last time."""
        self._now_ms = now_ms
        for symbol in self.tradeable:
            self._fetch(symbol, now_ms)

    def closed_candles(self, now_ms: int, sleep: Callable[[float], None]) -> list[str]:
        """Fetch the candles that have closed, and wait a moment for those told late; return
        the symbols whose newest is not here all the same: nothing is decided on them.
        """
        self.update_candles(now_ms)
        for _ in range(LATE_TRIES):
            if not self._late():
                return []
            sleep(LATE_S)
            self.update_candles(now_ms)
        return self._late()

    def _late(self) -> list[str]:
        held = [s for s in self.tradeable if self.candles.get(s)]
        return [symbol for symbol in held if not self._is_current(symbol)]

    @property
    def tradeable(self) -> list[str]:
        """Symbols that are listed and not suspended."""
        return [s for s in sorted(self.listed) if s in self.tickers and self._open(s)]

    def _open(self, symbol: str) -> bool:
        return not self.tickers[symbol].suspended

    def _fetch(self, symbol: str, now_ms: int) -> None:
        held = self.candles.get(symbol)
        since = now_ms - self._lookback * CANDLE_MS
        if held and held.last_ms + CANDLE_MS < since:
            held = None  # away for so long that nothing of it is in the window any more
        if held:
            since = held.last_ms + CANDLE_MS
        if since + CANDLE_MS > now_ms:
            return
        # To the candle that has closed now and no further: of a later one the gateway
        # would have to ask the exchange what time it is.
        missing = (now_ms - since) // CANDLE_MS
        fresh = self._exchange.candles(symbol, since, min(missing, 2000))
        if held is None:
            held = self.candles[symbol] = CandleWindow(self._lookback)
        held.add(fresh)

    def ready(self, symbol: str) -> bool:
        """Tell whether enough candles are here for every indicator, and the newest of all:
        a decision on a market of hours ago is none.
        """
        held = self.candles.get(symbol)
        enough = held is not None and len(held) >= min(self._lookback, READY)
        return enough and self._is_current(symbol)

    def _is_current(self, symbol: str) -> bool:
        return self.candles[symbol].last_ms + 2 * CANDLE_MS > self._now_ms

    @property
    def marks(self) -> dict[str, Any]:
        """Return the mark price of every symbol, Decimal USD."""
        return {s: t.mark_price for s, t in self.tickers.items()}

    def mark(self, symbol: str) -> Any:
        """Return the mark price of a symbol, Decimal USD. ExchangeError without one."""
        if symbol not in self.tickers:
            raise ExchangeError(f"no price is told of {symbol}")
        return self.tickers[symbol].mark_price
