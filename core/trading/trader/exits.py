"""Exits: ask for each open trade whether it ends now, and end it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.execution import OPPOSITE, Execution, Intent
from core.trading.trader.market import Market
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)


@dataclass
class Exits:
    """Closes trades with reduce-only orders; an exit that fails is tried again each tick."""

    modules: Registry
    market: Market
    books: Books
    execution: Execution
    config: TraderConfig

    def is_over(self, trade: OpenTrade) -> bool:
        """Tell whether the books hold no position of the trade's side any more."""
        position = self.books.positions.get(trade.symbol)
        return position is None or (position.size > ZERO) != (trade.side == "long")

    def reason(self, trade: OpenTrade, now_ms: int) -> str:
        """Return why the trade is to end now, an empty text if it is not."""
        reason: str = self.modules["exit_decision"](
            trade.side,
            self.market.mark(trade.symbol),
            trade.levels,
            trade.opened_ms,
            now_ms,
            self.config.max_hold_ms,
        )
        return reason

    def close(self, trade: OpenTrade, now_ms: int) -> list[Any]:
        """Send reduce-only orders for the whole position of a trade."""
        position = self.books.positions[trade.symbol]
        intent = Intent(
            trade.symbol,
            OPPOSITE[trade.side],
            abs(position.size),
            "exit",
            True,
            now_ms,
            trade.exits_sent,
        )
        trade.exits_sent += 1
        step = self.market.instruments[trade.symbol].size_step
        return self.execution.run(intent, self.market.mark(trade.symbol), step)
