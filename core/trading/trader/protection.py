"""Protection: each position's stop and take rest at the exchange, and nothing else of ours.

What should rest is compared with what does, at the start and at each tick, so a restart,
a lost reply, a partial fill and a trailing stop are all the same case. A stop that
cannot be placed ends the trade: a position is never left naked in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import ArchitectError, ExchangeError, OrderRejected
from core.registry import Registry
from core.trading.ports import Exchange, Store
from core.trading.trader.books import Books
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.execution import OPPOSITE
from core.trading.trader.order_rows import OrderRows
from core.trading.trader.standing import standing
from core.trading.trader.trades import OpenTrade

PURPOSES = {"stop": "stop", "take_profit": "take"}


@dataclass
class Protection:
    """Keeps triggers at the exchange as they should be; `resting` is what rests there,
    `placed` gets the client id of each that is sent.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    config: TraderConfig
    tell: Callable[..., None]
    rows: OrderRows
    placed: set[str] = field(default_factory=set)
    resting: list[Any] = field(default_factory=list)

    def look(self) -> None:
        """Fetch what rests at the exchange."""
        self.resting = self.exchange.open_orders()
        self.rows.look(self.resting)

    def run(
        self,
        trades: dict[str, OpenTrade],
        books: Books,
        now_ms: int,
        end: Callable[[OpenTrade], None],
    ) -> list[str]:
        """Let stops and takes rest as they should; `end` what cannot be protected.

        Returns the client ids of our orders that nobody needed. An error with one trade
        is raised when all have been looked after.
        """
        self.look()
        errors: list[Exception] = []
        for trade in list(trades.values()):
            position = self._position(trade, books)
            if position is None:
                continue
            try:
                if not self.protect(trade, position, now_ms):
                    self.tell("unprotected", trade_id=trade.trade_id)
                    end(trade)
            except Exception as error:
                errors.append(error)
        # A stop that protects nothing does no harm; one that was taken away does.
        cancelled = self.cancel_orphans(list(standing(books, trades).values()))
        if errors:
            raise errors[0]
        return cancelled

    def _position(self, trade: OpenTrade, books: Books) -> Any | None:
        """Return what is to be protected of a trade, None where nothing is held any more.

        A new one may not be in the exchange's positions yet, or not all of it, and must not
        wait for that: a stop that is too large ends no more than there is.
        """
        position = books.held.get(trade.symbol)
        if position is not None and not trade.is_of(position):
            return None  # somebody turned it: what is held now is another trade's
        if position is None and trade.seen:
            return None
        trade.seen = position is not None
        return standing(books, {trade.symbol: trade})[trade.symbol]

    def protect(self, trade: OpenTrade, position: Any, now_ms: int) -> bool:
        """Make the trade's stop and take rest; False when it must be ended at once."""
        changes = self.modules["protection_changes"](
            position, trade.levels, self.resting
        )
        refused: bool | None = None
        bare = False
        for change in changes:
            if change.kind == "stop" and refused is not None:
                # It would take a stop away whose place another has not taken.
                continue
            try:
                self._apply(change, trade, now_ms)
            except ArchitectError as error:
                self._tell_failure(trade, change, error)
                if change.kind == "stop" and change.action != "cancel":
                    refused = self._refused(change, error)
                    bare = change.action == "place"
        if refused is None:
            trade.stop_failures = trade.failed_candle = 0
            return True
        # Where the stop as it was still rests, candles count and not each look.
        candle = now_ms // CANDLE_MS
        trade.stop_failures += bare or candle != trade.failed_candle
        trade.failed_candle = candle
        action = self.modules["stop_failure_action"](
            refused, trade.stop_failures, self.config.max_stop_failures
        )
        return bool(action != "close")

    def naked(self, trades: dict[str, OpenTrade]) -> str:
        """Say which trade has no stop as it should be, empty if all have."""
        names = [trade.trade_id for trade in trades.values() if trade.stop_failures]
        return f"the stop of {names[0]} is not at the exchange" if names else ""

    def _refused(self, change: Any, error: ArchitectError) -> bool:
        # Where an edit is refused the stop as it was still rests.
        return change.action == "place" and isinstance(error, OrderRejected)

    def _tell_failure(
        self, trade: OpenTrade, change: Any, error: ArchitectError
    ) -> None:
        self.tell(
            "protection failed",
            trade_id=trade.trade_id,
            action=change.action,
            order_kind=change.kind,
            error=f"{type(error).__name__}: {error}",
        )

    def _apply(self, change: Any, trade: OpenTrade, now_ms: int) -> None:
        if change.action == "place":
            self._place(change, trade, now_ms)
        elif change.action == "edit":
            self.exchange.edit(change.client_id, change.size, None, change.price)
            self.rows.edited(change.client_id, change.size, change.price)
        else:
            self.exchange.cancel(change.client_id)
            self.rows.cancelled(change.client_id)

    def _place(self, change: Any, trade: OpenTrade, now_ms: int) -> None:
        purpose = PURPOSES[change.kind]
        order = self.modules.records["OrderRequest"](
            client_id=self.modules["client_order_id"](
                trade.symbol, now_ms, purpose, trade.orders_sent
            ),
            symbol=trade.symbol,
            side=OPPOSITE[trade.side],
            size=change.size,
            kind=change.kind,
            stop_price=change.price,
            reduce_only=True,
        )
        trade.orders_sent += 1
        # One that stands beyond the price already is filled at once.
        self.placed.add(order.client_id)
        status = self.modules["position_executor"](self.exchange, order)
        self.modules["order_logger"](self.store, order, status, now_ms)
        self.rows.sent(order, status, now_ms)
        if status.status == "rejected":
            raise OrderRejected(status.reason)

    def cancel_orphans(self, positions: list[Any]) -> list[str]:
        """Cancel orders of ours that no position needs, and return their client ids.

        What fails is told, and tried again next time.
        """
        cancelled = []
        for client_id in self.modules["orphan_orders"](self.resting, positions):
            try:
                self.exchange.cancel(client_id)
            except ExchangeError as error:
                self.tell(
                    "trouble", part="orphans", error=f"{type(error).__name__}: {error}"
                )
            else:
                self.rows.cancelled(client_id)
                cancelled.append(client_id)
        return cancelled

    def working_risks(self, marks: dict[str, Any]) -> list[Any]:
        """Return what each order that rests may put at risk, Decimal USD."""
        return [
            self.modules["working_order_risk"](order, marks[order.symbol])
            for order in self.resting
            if order.symbol in marks
        ]
