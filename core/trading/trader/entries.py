"""Entries: scan, look, decide, size, check the open risk, execute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.decision import Decision
from core.trading.trader.execution import SIDES, Execution, Intent
from core.trading.trader.market import Market
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)


@dataclass
class Entries:
    """Opens trades. `on_open` is told of each at once, before the next is tried."""

    modules: Registry
    market: Market
    books: Books
    execution: Execution
    decision: Decision
    config: TraderConfig
    on_open: Callable[[OpenTrade], None]

    def run(
        self, now_ms: int, equity_usd: Decimal, trades: dict[str, OpenTrade]
    ) -> None:
        """Scan, and enter where the modules say so. One trade a symbol at a time."""
        for symbol in self._scan():
            if self.decision.room(now_ms) <= 0:
                return
            if symbol in trades or symbol in self.books.positions:
                continue
            trade = self._enter(symbol, now_ms, equity_usd, trades)
            if trade is not None:
                self.on_open(trade)

    def adopt(
        self, symbol: str, now_ms: int, left: OpenTrade | None = None
    ) -> OpenTrade | None:
        """Return a trade for a position that has none, so that its exit is watched.

        It is one that a crash, a restart or a person left: `left`, with new levels from
        its entry price, if the store knows it. None while candles are missing.
        """
        if not self.market.ready(symbol):
            return None
        position = self.books.positions[symbol]
        side = "long" if position.size > ZERO else "short"
        volatility = self._stats(symbol).volatility_frac
        levels = self._levels(symbol, side, position.entry_price, volatility)
        if left is not None:
            left.levels = levels
            return left
        base = self.books.totals_of(symbol)
        return OpenTrade(
            f"{symbol}-{now_ms}-adopted", symbol, side, abs(position.size),
            position.entry_price, levels, now_ms, 0.0,
            base.realised_usd, base.fees_usd, base.funding_usd,
        )  # fmt: skip

    def _scan(self) -> list[str]:
        ready = [s for s in self.market.tradeable if self.market.ready(s)]
        stats = [self._stats(symbol) for symbol in ready]
        found: list[str] = self.modules["market_scanner"](
            stats,
            self.config.symbols_at_most,
            self.config.max_spread_frac,
            self.config.min_volume_usd,
        )
        return found

    def _stats(self, symbol: str) -> Any:
        ticker = self.market.tickers[symbol]
        close = self.market.candles[symbol]["close"]
        volatility = self.modules["realised_volatility"](
            close, self.config.volatility_window
        )
        return self.modules.records["MarketStats"](
            symbol=symbol,
            volatility_frac=_last(volatility),
            volume_usd=float(ticker.volume_24h * ticker.mark_price),
            spread_frac=float((ticker.ask - ticker.bid) / ticker.mark_price),
        )

    def signal(self, symbol: str, now_ms: int) -> tuple[Any, Any]:
        """Return the MarketView of a symbol and the Signal that is decided on it."""
        return self.decision.signal(symbol, now_ms)

    def _enter(
        self,
        symbol: str,
        now_ms: int,
        equity_usd: Decimal,
        trades: dict[str, OpenTrade],
    ) -> OpenTrade | None:
        view, signal = self.signal(symbol, now_ms)
        if signal.side != "none":
            view, signal = self.decision.asked(view, signal.side, now_ms)
        if signal.side == "none" or not math.isfinite(view.volatility_frac):
            return None
        price = self.market.mark(symbol)
        levels = self._levels(symbol, signal.side, price, view.volatility_frac)
        risk = self.decision.risk_frac(view.model_score)
        size = self._size(symbol, price, levels, signal.score, risk, equity_usd, trades)
        if size <= ZERO:
            return None
        base = self.books.totals_of(symbol)
        step = self.market.instruments[symbol].size_step
        intent = Intent(symbol, SIDES[signal.side], size, "entry", False, now_ms)
        statuses = self.execution.run(intent, price, step)
        filled = sum((s.filled for s in statuses), ZERO)
        if not filled:
            return None
        cost = sum((s.filled * (s.average_price or price) for s in statuses), ZERO)
        return OpenTrade(
            f"{symbol}-{now_ms}", symbol, signal.side, filled, cost / filled, levels, now_ms,
            signal.score, base.realised_usd, base.fees_usd, base.funding_usd,
        )  # fmt: skip

    def _levels(self, symbol: str, side: str, price: Decimal, volatility: float) -> Any:
        return self.modules["exit_levels_for"](
            side,
            price,
            volatility,
            self.config.stop_multiple,
            self.config.take_multiple,
            self.market.instruments[symbol].tick_size,
        )

    def _size(
        self,
        symbol: str,
        price: Decimal,
        levels: Any,
        score: float,
        risk_frac: Decimal,
        equity_usd: Decimal,
        trades: dict[str, OpenTrade],
    ) -> Decimal:
        """Size by risk, then cut to what the ceiling on open risk still allows."""
        step = self.market.instruments[symbol].size_step
        size: Decimal = self.modules["position_sizing"](
            equity_usd, risk_frac, price, levels.stop_price, score, step,
            self.config.max_notional_usd,
        )  # fmt: skip
        risk = size * abs(price - levels.stop_price)
        if not risk:
            return ZERO
        allowed = self.modules["open_risk_ceiling"](
            self.open_risks(trades), risk, equity_usd, self.config.ceiling_frac
        )
        cut: Decimal = self.modules["round_down"](size * allowed / risk, step)
        return cut

    def open_risks(self, trades: dict[str, OpenTrade]) -> list[Decimal]:
        """Return what each open position loses from its mark to its stop, Decimal USD."""
        return [
            self.modules["open_risk_of"](
                position,
                trades[symbol].levels.stop_price if symbol in trades else None,
                self.market.mark(symbol),
            )
            for symbol, position in self.books.positions.items()
        ]


def _last(series: Any) -> float:
    return float(series.iloc[-1])
