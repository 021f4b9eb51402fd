"""Risk: how much of a wanted entry fits under every limit that is ours to keep.

Margin is shared by all symbols, leverage follows risk and confidence, and the ceiling
counts all that may be lost: positions up to their stops, entries that are not all
sent, and orders that still work at the exchange.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.market import Market
from core.trading.trader.protection import Protection
from core.trading.trader.standing import entered, standing
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)
Trades = dict[str, OpenTrade]


@dataclass
class Risk:
    """Cuts entries to size. `rooms_usd` is the margin that each symbol may still bind."""

    modules: Registry
    market: Market
    books: Books
    protection: Protection
    config: TraderConfig
    rooms_usd: dict[str, Decimal] = field(default_factory=dict)

    def share_margin(
        self, equity_usd: Decimal, volatilities: dict[str, float], trades: Trades
    ) -> None:
        """Share the pool of margin between symbols, by their volatility, for one tick."""
        used = {
            symbol: abs(position.size)
            * self.market.mark(symbol)
            / self._leverage_of(symbol, trades)
            for symbol, position in standing(self.books, trades).items()
        }
        self.rooms_usd = self.modules["risk_allocator"](
            equity_usd * self.config.pool_frac,
            self.modules["inverse_volatility"](volatilities),
            used,
        )

    def _leverage_of(self, symbol: str, trades: Trades) -> Decimal:
        return trades[symbol].leverage if symbol in trades else Decimal(1)

    def leverage(
        self, symbol: str, size: Decimal, price: Decimal, stop: Decimal, score: float
    ) -> Decimal:
        """Return the leverage of an entry at `price` with a stop."""
        instrument = self.market.instruments[symbol]
        level = self.modules["margin_level_for"](instrument.margin_levels, size * price)
        leverage: Decimal = self.modules["leverage_manager"](
            abs(price - stop) / price, score, level, self.config.max_leverage
        )
        return leverage

    def fitted(
        self,
        symbol: str,
        plan: Any,
        levels: Any,
        leverage: Decimal,
        equity_usd: Decimal,
        trades: Trades,
    ) -> Decimal:
        """Return what of an entry fits the symbol's margin and the ceiling on open risk.

        It counts as filled at the worst price that its plan allows.
        """
        worst = self._worst_price(symbol, plan)
        room = self.rooms_usd.get(symbol, ZERO)
        size: Decimal = min(plan.size, room * leverage / worst)
        risk = size * abs(worst - levels.stop_price)
        if not risk:
            return ZERO
        allowed = self.modules["open_risk_ceiling"](
            self.open_risks(trades), risk, equity_usd, self.config.ceiling_frac
        )
        cut: Decimal = self.modules["round_down"](
            size * allowed / risk, self.market.instruments[symbol].size_step
        )
        return cut

    def still_fits(self, trade: OpenTrade, equity_usd: Decimal, trades: Trades) -> bool:
        """Tell whether the slices that are not sent yet fit beside what others risk now."""
        unsent = self._unsent(trade)
        others = sum(self.open_risks(trades), ZERO) - unsent
        allowed = self.modules["open_risk_ceiling"](
            [max(others, ZERO)], unsent, equity_usd, self.config.ceiling_frac
        )
        return bool(allowed == unsent)

    def _worst_price(self, symbol: str, plan: Any) -> Decimal:
        tick = self.market.instruments[symbol].tick_size
        worst: Decimal = self.modules["slice_limit_price"](plan, tick)
        return worst

    def open_risks(self, trades: Trades) -> list[Decimal]:
        """Return all that may be lost from here, one amount for each cause, Decimal USD."""
        held = [
            self.modules["open_risk_of"](
                position,
                trades[symbol].levels.stop_price if symbol in trades else None,
                self.market.mark(symbol),
            )
            for symbol, position in standing(self.books, trades).items()
        ]
        unsent = [self._unsent(trade) for trade in trades.values() if trade.plan]
        return held + unsent + self.protection.working_risks(self.market.marks)

    def _unsent(self, trade: OpenTrade) -> Decimal:
        """Return what the slices may lose that are not sent yet."""
        worst = self._worst_price(trade.symbol, trade.plan)
        lost: Decimal = abs(worst - trade.levels.stop_price)
        left: Decimal = max(trade.plan.size - entered(self.books, trade), ZERO)
        return lost * left
