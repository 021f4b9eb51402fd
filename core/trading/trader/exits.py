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

    def run(
        self, now_ms: int, trades: dict[str, OpenTrade]
    ) -> list[tuple[OpenTrade, str]]:
        """Send the exits that are due; return each such trade with its reason."""
        ended = []
        for symbol, trade in list(trades.items()):
            if symbol not in self.books.positions:
                ended.append((trade, "closed elsewhere"))
                continue
            reason = self._reason(trade, now_ms)
            if reason:
                self.close(trade, now_ms)
                ended.append((trade, reason))
        return ended

    def _reason(self, trade: OpenTrade, now_ms: int) -> str:
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
