"""Exits: ask for each open trade where its stop is and whether it ends now, and end it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.execution import OPPOSITE, Execution, Intent
from core.trading.trader.market import Market
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)
# An exit is not given up for its price.
ANY_PRICE = Decimal(1)
# The number of an attempt is part of client ids, which hold so many.
ATTEMPTS = 10_000


@dataclass
class Exits:
    """Closes trades with reduce-only orders; an exit that fails is tried again each tick.

    `_used` is by symbol the time of its last exit and how many ids of that time are used up.
    An id names symbol and time, not the trade: were exits counted by trade, that of one
    entered in the tick in which another ended would have the other's id, and count as filled.
    """

    modules: Registry
    market: Market
    books: Books
    execution: Execution
    config: TraderConfig
    _used: dict[str, tuple[int, int]] = field(default_factory=dict)

    def is_over(self, trade: OpenTrade) -> bool:
        """Tell whether neither books nor exchange hold anything of the trade any more.

        Fills may be shown late: a trade ends when its last fill is booked.
        """
        return not any(
            trade.is_of(positions.get(trade.symbol))
            for positions in (self.books.positions, self.books.held)
        )

    def is_turned(self, trade: OpenTrade) -> bool:
        """Tell whether books or exchange hold what is on the other side of the trade."""
        held = (self.books.positions, self.books.held)
        found = [positions.get(trade.symbol) for positions in held]
        return any(p is not None and not trade.is_of(p) for p in found)

    def is_dust(self, trade: OpenTrade) -> bool:
        """Tell whether what is held of a trade is less than an order can be."""
        position = self.books.held.get(trade.symbol)
        if position is None:
            return False
        step = self.market.instruments[trade.symbol].size_step
        return bool(abs(position.size) < step)

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
        return "trail" if reason == "stop" and trade.has_trailed else reason

    def stop_now(self, trade: OpenTrade) -> Decimal:
        """Return where the trade's stop belongs, after it has followed the price."""
        stop: Decimal = trade.levels.stop_price
        if trade.trail_usd:
            stop = self.modules["trail_stop"](
                trade.side,
                stop,
                self.market.mark(trade.symbol),
                trade.trail_usd,
                trade.trail_usd * self.config.trail_step_frac,
                self.market.instruments[trade.symbol].tick_size,
            )
        return stop

    def trail(self, trade: OpenTrade) -> None:
        """Let the trade's stop follow the price."""
        stop = self.stop_now(trade)
        if stop != trade.levels.stop_price:
            trade.move_stop(stop)

    def close(self, trade: OpenTrade, now_ms: int) -> list[Any]:
        """Send reduce-only orders for all that the exchange holds of a trade.

        Its stop stays until the position has ended. When both fill, the second finds
        nothing to reduce.
        """
        position = self.books.held.get(trade.symbol)
        if position is None or not trade.is_of(position):
            return []
        price = self.market.mark(trade.symbol)
        instrument = self.market.instruments[trade.symbol]
        size, side = abs(position.size), OPPOSITE[trade.side]
        plan = self.execution.plan(side, size, price, now_ms, instrument, ANY_PRICE)
        attempt = self._used_at(trade.symbol, now_ms)
        self._used[trade.symbol] = now_ms, attempt + 1
        trade.exit_sent = True
        intent = Intent(trade.symbol, plan, "exit", now_ms, now_ms, attempt % ATTEMPTS)
        return self.execution.run(intent, ZERO, price, instrument)

    def leave_out(self, symbol: str, now_ms: int, count: int) -> None:
        """Use up so many ids of a time: the process before may have sent exits by them."""
        self._used[symbol] = now_ms, max(count, self._used_at(symbol, now_ms))

    def _used_at(self, symbol: str, now_ms: int) -> int:
        at_ms, count = self._used.get(symbol, (now_ms, 0))
        return count if at_ms == now_ms else 0
