"""The trading loop's market over a history: tickers are made only when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from core.trading.backtest.exchange import BacktestExchange
from core.trading.backtest.history import Frame, Moment
from core.trading.trader.market import Market


class HistoryMarket(Market):
    """Candles are windows of the whole history; nothing is fetched."""

    def __init__(self, exchange: BacktestExchange, moment: Moment) -> None:
        super().__init__(exchange, moment.lookback)
        self.instruments = {i.symbol: i for i in exchange.instruments()}
        self._tickers = Tickers(exchange)
        # Both stand in for what the loop reads of them: a dict and DataFrames.
        shown: Any = self._tickers
        frames: Any = {
            symbol: Frame(candles, moment)
            for symbol, candles in exchange.engine.market.candles.items()
        }
        self.tickers, self.candles = shown, frames
        self._symbols = sorted(self.instruments)
        self._market = exchange.engine.market
        self._moment = moment
        self._marked: dict[str, tuple[int, Decimal]] = {}

    def update_prices(self) -> None:
        """Forget the tickers of the candle before."""
        self._tickers.clear()

    def update_candles(self, now_ms: int) -> None:
        """Do nothing: the moment has moved on already."""

    @property
    def tradeable(self) -> list[str]:
        """All symbols: candles do not tell of a suspension."""
        return self._symbols

    def _is_current(self, symbol: str) -> bool:
        return True

    def mark(self, symbol: str) -> Decimal:
        """Return the newest close, as the engine does, also where it has not settled yet."""
        count = self._moment.count
        known, price = self._marked.get(symbol, (-1, None))
        if price is None or known != count:
            close = self._market.candles[symbol].close.item(count - 1)
            price = self._market.contracts[symbol].price_of(close)
            self._marked[symbol] = count, price
        return price


class Tickers(Mapping[str, Any]):
    """Ticker records by symbol, each made when it is first asked for."""

    def __init__(self, exchange: BacktestExchange) -> None:
        self._exchange = exchange
        self._made: dict[str, Any] = {}

    def clear(self) -> None:
        """Forget all: time has moved on."""
        self._made.clear()

    def __getitem__(self, symbol: str) -> Any:
        found = self._made.get(symbol)
        if found is None:
            found = self._made[symbol] = self._exchange.ticker(symbol)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._exchange.engine.market.candles)

    def __len__(self) -> int:
        return len(self._exchange.engine.market.candles)
