"""Where trades end: stop and take from how much a market moves, and positions taken up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import StoreError
from core.registry import Registry
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.kept_levels import KeptLevels
from core.trading.trader.market import Market
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)
# Of the price, between an entry and the level below it at most.
FARTHEST_FRAC = Decimal("0.99")
# How the name of a trade ends that was made of a position.
ADOPTED = "-adopted"


@dataclass
class Levels:
    """Asks the modules for ExitLevels of new trades and of positions without one."""

    modules: Registry
    market: Market
    books: Books
    config: TraderConfig
    kept: KeptLevels

    def around(
        self, symbol: str, side: str, price: Decimal, volatility_frac: float
    ) -> Any:
        """Return the ExitLevels of a trade that is entered at a price."""
        return self.modules["exit_levels_for"](
            side,
            price,
            self._bounded(side, volatility_frac),
            self.config.stop_multiple,
            self.config.take_multiple,
            self.market.instruments[symbol].tick_size,
        )

    def _bounded(self, side: str, volatility_frac: float) -> float:
        # After a flash crash in a thin market the level below the entry (a long's stop, a
        # short's take), so many times the volatility away, would be at zero or beneath.
        # The module's contract takes neither that nor a volatility above 1, and without
        # levels a position would have no stop at all: it gets the farthest that there is.
        long, config = side == "long", self.config
        below = config.stop_multiple if long else config.take_multiple
        return min(volatility_frac, 1.0, float(FARTHEST_FRAC / below))

    def trail_usd(self, price: Decimal, levels: Any) -> Decimal:
        """Return the distance that the stop of a trade at this price keeps."""
        distance: Decimal = abs(price - levels.stop_price)
        return distance * self.config.trail_frac

    def volatility_frac(self, symbol: str) -> float:
        """Return the volatility of a symbol at its last closed candle, NaN if unknown."""
        close = self.market.candles[symbol]["close"]
        series = self.modules["realised_volatility"](
            close, self.config.volatility_window
        )
        return float(series.iloc[-1])

    def adopt(
        self,
        symbol: str,
        now_ms: int,
        resting: list[Any],
        left: OpenTrade | None = None,
    ) -> OpenTrade:
        """Return a trade for a position that has none, so that its exit is watched.

        It is one that a crash, a restart or a person left: `left`, if the store knows it.
        Its stop and take stand where they rest at the exchange, else where the store says
        that they stood, else by volatility from its entry price.
        """
        position = self.books.positions[symbol]
        side = "long" if position.size > ZERO else "short"
        price = position.entry_price
        base = self.books.totals_of(symbol)
        trade = left or OpenTrade(
            f"{symbol}-{now_ms}{ADOPTED}", symbol, side, abs(position.size), price,
            None, now_ms, 0.0, base.realised_usd, base.fees_usd, base.funding_usd,
        )  # fmt: skip
        if left is None or not self._take_up_kept(left):
            volatility_frac = self._known_volatility(symbol)
            trade.levels = self.around(symbol, side, price, volatility_frac)
            trade.trail_usd = self.trail_usd(price, trade.levels)
        trade.levels = self.modules["taken_up_levels"](position, trade.levels, resting)
        return trade

    def _take_up_kept(self, trade: OpenTrade) -> bool:
        try:
            return self.kept.take_up(trade)
        except StoreError:
            return False  # a stop by volatility, and now, is better than none

    def _known_volatility(self, symbol: str) -> float:
        found = math.nan
        if self.market.ready(symbol):
            found = self.volatility_frac(symbol)
        return found if math.isfinite(found) else self.config.adopt_volatility_frac
