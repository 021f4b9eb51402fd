"""The market as the loop sees it: tickers, instruments and a window of closed candles."""

from __future__ import annotations

from typing import Any

from core.trading.ports import Exchange
from core.trading.trader.config import CANDLE_MS
from core.trading.trader.window import CandleWindow

# Candles after which every indicator of the strategy has warmed up.
READY = 100


class Market:
    """Keeps `lookback` closed candles a symbol and the newest tickers."""

    def __init__(self, exchange: Exchange, lookback: int) -> None:
        self._exchange, self._lookback = exchange, lookback
        self.instruments: dict[str, Any] = {}
        self.tickers: dict[str, Any] = {}
        self.candles: dict[str, CandleWindow] = {}

    def update(self, now_ms: int) -> None:
        """Fetch what is new. Errors of the exchange rise; what is held stays as it was."""
        self.update_prices()
        self.update_candles(now_ms)

    def update_prices(self) -> None:
        """Fetch the newest tickers, all that an exit needs."""
        if not self.instruments:
            self.instruments = {i.symbol: i for i in self._exchange.instruments()}
        self.tickers = {t.symbol: t for t in self._exchange.tickers()}

    def update_candles(self, now_ms: int) -> None:
        """Fetch the candles that have closed since the last time."""
        for symbol in self.tradeable:
            self._fetch(symbol, now_ms)

    @property
    def tradeable(self) -> list[str]:
        """Symbols that are listed and not suspended."""
        return [
            s for s in sorted(self.instruments) if s in self.tickers and self._open(s)
        ]

    def _open(self, symbol: str) -> bool:
        return not self.tickers[symbol].suspended

    def _fetch(self, symbol: str, now_ms: int) -> None:
        held = self.candles.get(symbol)
        since = now_ms - self._lookback * CANDLE_MS
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
        """Tell whether enough candles are here for every indicator."""
        held = self.candles.get(symbol)
        return held is not None and len(held) >= min(self._lookback, READY)

    @property
    def marks(self) -> dict[str, Any]:
        """Return the mark price of every symbol, Decimal USD."""
        return {s: t.mark_price for s, t in self.tickers.items()}

    def mark(self, symbol: str) -> Any:
        """Return the mark price of a symbol, Decimal USD."""
        return self.tickers[symbol].mark_price
