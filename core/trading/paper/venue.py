"""The moving parts of the paper exchange: its clock, its live orders and its fills.

Commands of a client are `exchange`'s; this is what happens once an order is accepted,
and what happens by itself as time goes by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal

from core.trading.candles import Candles
from core.trading.paper.books import HOUR_MS, Books, Holding
from core.trading.paper.config import PaperConfig
from core.trading.paper.margin import MarginState, margin_state
from core.trading.paper.market import Market
from core.trading.paper.matching import taker_quote
from core.trading.paper.orders import (
    IMMEDIATE,
    ZERO,
    Event,
    Fill,
    Order,
    OrderState,
)


class Venue:
    """Market, books and orders of one account, moved by calls and by time."""

    def __init__(self, candles: Mapping[str, Candles], config: PaperConfig) -> None:
        self.config = config
        self.market = Market(candles, config)
        holdings = {symbol: Holding(symbol) for symbol in candles}
        self.books = Books(config.balance_usd, holdings)
        self.orders: dict[str, Order] = {}
        self.by_client: dict[str, Order] = {}
        self.live: dict[str, Order] = {}
        self.events: list[Event] = []
        self.leverages: dict[str, Decimal] = {}
        self.dead_man_ms: int | None = None
        self.liquidations = 0
        self.clock_ms = self.market.now_ms
        self._ids = 0

    def new_id(self, purpose: str) -> str:
        """Return the next id: the same seed and calls give the same ids."""
        self._ids += 1
        text = f"{self.config.seed}:{purpose}:{self._ids}"
        h = hashlib.sha256(text.encode()).hexdigest()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"

    def margin(self, extra: Order | None = None) -> MarginState:
        """Return the account's margin, as it would be with one more open order."""
        resting = [x for x in self.live.values() if x.state is OrderState.OPEN]
        if extra is not None:
            resting.append(extra)
        return margin_state(self.books, self.market.price, resting, self.leverages)

    def affords(self, order: Order, price: Decimal) -> bool:
        """Tell whether the margin carries one more order, or it adds no risk at all."""
        if order.reduce_only:
            return True
        after = self.margin(order)
        fee = order.remaining * price * self.config.taker_fee_frac
        if after.initial_with_orders + fee <= after.equity:
            return True
        return after.initial_with_orders <= self.margin().initial_with_orders

    def note(self, kind: str, order: Order, reason: str = "", **more: object) -> Event:
        """Write down what happened to an order, as it stands now."""
        fill, before = more.get("fill"), more.get("before")
        event = Event(
            kind,
            order.snapshot(),
            self.market.now_ms,
            fill if isinstance(fill, Fill) else None,
            before if isinstance(before, Order) else None,
            reason,
        )
        self.events.append(event)
        return event

    def finish(self, order: Order, state: OrderState, reason: str = "") -> Event:
        """End an order that is not filled."""
        order.state, order.reason = state, reason
        order.updated_ms = self.market.now_ms
        self.live.pop(order.order_id, None)
        kind = "REJECT" if state is OrderState.REJECTED else "CANCEL"
        return self.note(kind, order, reason)

    def take(
        self, order: Order, price: Decimal, share: Decimal | None = None
    ) -> list[Event]:
        """Fill an order at once with what the book has; the rest rests or is cancelled.

        `share` cuts what it gets, for a fault.
        """
        wanted = self.reducible(order) if order.reduce_only else order.remaining
        if share is not None:
            contract = self.market.contracts[order.symbol]
            wanted = contract.size_down(wanted * share)
        size, average = taker_quote(self.market, order, wanted, price)
        events = [self.execute(order, size, average, "taker")] if size > 0 else []
        if order.is_live and (order.kind in IMMEDIATE or order.limit_price is None):
            events.append(self.finish(order, OrderState.CANCELLED, "ioc_remainder"))
        return events

    def execute(self, order: Order, size: Decimal, price: Decimal, role: str) -> Event:
        """Book one execution and what it does to the order and its neighbours."""
        before = order.snapshot()
        now_ms, symbol = self.market.now_ms, order.symbol
        fill = Fill(self.new_id("fill"), before, size, price, role, now_ms)
        order.filled += size
        order.updated_ms = now_ms
        if not order.remaining:
            order.state = OrderState.FILLED
            self.live.pop(order.order_id, None)
        self.market.depth_used[symbol] += size
        maker = role == "maker"
        fee = self.config.maker_fee_frac if maker else self.config.taker_fee_frac
        rate = self.market.funding_rate(symbol, now_ms)
        self.books.apply(fill, fee, self.market.price[symbol], rate)
        self.books.cover_shortfall(symbol, now_ms)
        event = self.note("EXECUTION", order, fill=fill, before=before)
        self._drop_idle_reducers(symbol)
        return event

    def advance_clock(self, time_ms: int) -> None:
        """Let funding accrue up to a time and settle it at each full hour."""
        while self.clock_ms < time_ms:
            boundary = (self.clock_ms // HOUR_MS + 1) * HOUR_MS
            end = min(boundary, time_ms)
            for symbol, holding in self.books.holdings.items():
                if not holding.size:
                    continue
                rate = self.market.funding_rate(symbol, self.clock_ms)
                self.books.accrue(symbol, rate, end - self.clock_ms)
                if end == boundary:
                    mark = self.market.price[symbol]
                    self.books.settle_funding(symbol, mark, rate, end)
            self.clock_ms = end

    def cancel_live(self, reason: str, symbol: str | None = None) -> list[Event]:
        """Cancel every live order, of one symbol or of all."""
        found = [x for x in self.live.values() if symbol in (None, x.symbol)]
        return [self.finish(order, OrderState.CANCELLED, reason) for order in found]

    def trigger(self, order: Order, price: Decimal) -> list[Event]:
        """Wake a trigger order at a price: a limit order now, or a market order."""
        before = order.snapshot()
        affordable = self.affords(order, price)
        order.kind = "mkt" if order.limit_price is None else "lmt"
        order.state = OrderState.OPEN
        events = [self.note("TRIGGER", order, before=before)]
        if order.reduce_only and not self.reducible(order):
            reason = "would_not_reduce_position"
            return [*events, self.finish(order, OrderState.CANCELLED, reason)]
        if not affordable:
            reason = "insufficient_margin"
            return [*events, self.finish(order, OrderState.CANCELLED, reason)]
        return [*events, *self.take(order, price)]

    def reducible(self, order: Order) -> Decimal:
        """Return how much of an order would only reduce the position."""
        size = self.books.holdings[order.symbol].size
        against = -size if order.is_buy else size
        return max(ZERO, min(order.remaining, against))

    def _drop_idle_reducers(self, symbol: str) -> None:
        """Cancel resting reduce-only orders that have nothing left to reduce.

        Waiting triggers stay, as on the exchange: they are judged when they wake.
        """
        for order in list(self.live.values()):
            idle = order.symbol == symbol and order.reduce_only
            if idle and order.state is OrderState.OPEN and not self.reducible(order):
                reason = "would_not_reduce_position"
                self.finish(order, OrderState.CANCELLED, reason)
