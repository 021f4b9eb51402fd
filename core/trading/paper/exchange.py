"""A Kraken Futures account traded against candles: the commands, without HTTP.

One object is one account at one exchange. It never reads a real clock: time is the
cursor in the candles and moves by `step`. It is not safe for threads; the server holds
a lock around it. Same candles, config and calls give the same answers and ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.trading.candles import Candles
from core.trading.paper.books import booked
from core.trading.paper.config import PaperConfig
from core.trading.paper.growing import GrowingFolder
from core.trading.paper.liquidation import liquidate
from core.trading.paper.margin import MarginState
from core.trading.paper.matching import taker_quote, would_cross
from core.trading.paper.orders import (
    KINDS,
    TRIGGERED,
    ZERO,
    Event,
    Order,
    OrderState,
)
from core.trading.paper.passing import pass_candle
from core.trading.paper.requests import NewOrder, Outcome
from core.trading.paper.venue import Venue

FINISHED_SHOWN_MS = 5_000
LONGEST_CLIENT_ID = 100


class PaperExchange:
    """The book engine: orders in, fills and money out."""

    def __init__(
        self,
        candles: Mapping[str, Candles],
        config: PaperConfig | None = None,
        source: GrowingFolder | None = None,
    ) -> None:
        self.config = config or PaperConfig()
        self.venue = Venue(candles, self.config)
        self.market, self.books = self.venue.market, self.venue.books
        # Where further candles come from; None where all are known.
        self.source = source

    @property
    def now_ms(self) -> int:
        """Return simulated time: the close of the last closed candle."""
        return self.market.now_ms

    def margin(self) -> MarginState:
        """Return balance, equity and margin as they stand."""
        return self.venue.margin()

    def step(self, count: int = 1) -> int:
        """Advance by up to `count` candles; return how many there were.

        ConfigError where candles that are followed cannot be read.
        """
        if self.source is not None and not self.market.has_next:
            newer = self.source.newer()
            if newer is not None:
                self.market.extend(newer)
        before = self.market.count
        for done in range(count):
            if not self.market.has_next:
                break
            if self._is_quiet():
                self.market.skip(count - done)
                self.venue.clock_ms = self.market.now_ms
                break
            pass_candle(self.venue)
        return self.market.count - before

    def transfer(self, usd: Decimal) -> None:
        """Pay an amount into the account, or out of it if it is negative.

        ValueError where more is taken out than is available.
        """
        usd = booked(usd)
        if -usd > self.margin().available:
            raise ValueError(f"{-usd} USD are not available")
        self.books.transfer(usd, self.now_ms)

    def send(self, request: NewOrder, *, share: Decimal | None = None) -> Outcome:
        """Take in a new order. `share` cuts its immediate fill, for a fault."""
        refusal = self._refusal(request)
        if refusal is not None:
            return Outcome(refusal)
        order = self._order_of(request)
        reason = self._unplaceable(order)
        if reason is not None:
            event = self.venue.finish(order, OrderState.REJECTED, reason)
            return Outcome(reason, order, [event])
        self.venue.orders[order.order_id] = order
        if order.client_id is not None:
            self.venue.by_client[order.client_id] = order
        return Outcome("placed", order, self._place(order, share))

    def edit(
        self,
        order: Order | None,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Outcome:
        """Change a live order; None leaves a value as it is."""
        if order is None or not order.is_live:
            return Outcome("orderForEditNotFound")
        contract = self.market.contracts[order.symbol]
        if stop_price is not None and order.state is not OrderState.WAITING:
            return Outcome("orderForEditNotAStop", order)
        if size is not None and not (contract.is_size(size) and size > order.filled):
            return Outcome("invalidSize", order)
        prices = [price for price in (limit_price, stop_price) if price is not None]
        if not all(contract.is_price(price) for price in prices):
            return Outcome("invalidPrice", order)
        return self._edited(order, size, limit_price, stop_price)

    def cancel(self, order: Order | None) -> Outcome:
        """Cancel one order: cancelled, filled or notFound."""
        if order is not None and order.state is OrderState.FILLED:
            return Outcome("filled", order)
        if order is None or not order.is_live:
            return Outcome("notFound", order)
        event = self.venue.finish(order, OrderState.CANCELLED, "cancelled_by_user")
        return Outcome("cancelled", order, [event])

    def cancel_all(self, symbol: str | None = None) -> Outcome:
        """Cancel all live orders, of one symbol or of all."""
        events = self.venue.cancel_live("cancelled_by_user", symbol)
        return Outcome("cancelled" if events else "noOrdersToCancel", None, events)

    def cancel_all_after(self, timeout_s: int) -> int | None:
        """Arm the dead man's switch in simulated seconds; 0 disarms it."""
        due_ms = self.now_ms + timeout_s * 1000 if timeout_s > 0 else None
        self.venue.dead_man_ms = due_ms
        return due_ms

    def lose_orders(self) -> None:
        """Forget all live orders, as an exchange that restarts may."""
        self.venue.cancel_live("restart")

    def liquidate(self) -> None:
        """Liquidate the account at the prices as they are, as if its margin had given out."""
        liquidate(self.venue)

    def set_leverage(self, symbol: str, most: Decimal | None) -> None:
        """Set a contract's most leverage; None takes the preference away."""
        if most is None:
            self.venue.leverages.pop(symbol, None)
        else:
            self.venue.leverages[symbol] = most

    def find(self, order_id: str | None, client_id: str | None) -> Order | None:
        """Return an order by either id, finished ones too."""
        if order_id is not None:
            return self.venue.orders.get(order_id)
        return self.venue.by_client.get(client_id) if client_id is not None else None

    def visible_orders(self) -> list[Order]:
        """Return live orders, and those that ended within the last 5 seconds."""
        since_ms = self.now_ms - FINISHED_SHOWN_MS
        orders = self.venue.orders.values()
        return [x for x in orders if x.is_live or x.updated_ms >= since_ms]

    def _is_quiet(self) -> bool:
        held = any(holding.size for holding in self.books.holdings.values())
        return not (held or self.venue.live or self.venue.dead_man_ms is not None)

    def _refusal(self, request: NewOrder) -> str | None:
        """Return the status of a request that cannot even become an order."""
        client_id = request.client_id
        if client_id is not None and len(client_id) > LONGEST_CLIENT_ID:
            return "clientOrderIdTooLong"
        if client_id is not None and client_id in self.venue.by_client:
            return "clientOrderIdAlreadyExist"
        contract = self.market.contracts.get(request.symbol)
        if contract is None:
            return "marketInactive"
        if request.side not in ("buy", "sell"):
            return "invalidSide"
        if request.kind not in KINDS:
            return "invalidOrderType"
        if not contract.is_size(request.size):
            return "invalidSize"
        prices = [x for x in (request.limit_price, request.stop_price) if x is not None]
        if not all(contract.is_price(price) for price in prices):
            return "invalidPrice"
        return None

    def _order_of(self, request: NewOrder) -> Order:
        now_ms = self.now_ms
        order = Order(
            order_id=self.venue.new_id("order"),
            client_id=request.client_id,
            symbol=request.symbol,
            side=request.side,
            kind=request.kind,
            size=request.size,
            limit_price=None if request.kind == "mkt" else request.limit_price,
            stop_price=request.stop_price,
            trigger_signal=request.trigger_signal,
            reduce_only=request.reduce_only,
            time_ms=now_ms,
            updated_ms=now_ms,
        )
        if request.kind in TRIGGERED:
            order.state = OrderState.WAITING
        if request.kind == "trailing_stop" and request.trail is not None:
            price = self.market.price[order.symbol]
            percent = price * request.trail / 100
            order.trail = percent if request.trail_is_percent else request.trail
            away = order.trail if order.is_buy else -order.trail
            order.stop_price = price + away
        return order

    def _unplaceable(self, order: Order) -> str | None:
        """Return the status of an order that the book or the margin refuses."""
        price = self.market.quote(order.symbol)
        holding = self.books.holdings[order.symbol]
        waiting = order.state is OrderState.WAITING
        if (
            order.reduce_only
            and not waiting
            and holding.size * order.signed(order.size) >= 0
        ):
            return "wouldNotReducePosition"
        most = self.market.contracts[order.symbol].max_position
        if (
            not order.reduce_only
            and abs(holding.size + order.signed(order.size)) > most
        ):
            return "maxPositionViolation"
        if waiting:
            return None
        if not self.venue.affords(order, price):
            return "insufficientAvailableFunds"
        return self._off_book(order, price)

    def _off_book(self, order: Order, price: Decimal) -> str | None:
        crosses = would_cross(self.market, order, price)
        if order.kind == "post" and crosses:
            return "postWouldExecute"
        if crosses and order.limit_price is not None:
            sign = 1 if order.is_buy else -1
            if sign * (order.limit_price / price - 1) > self.config.collar_frac:
                return "outsidePriceCollar"
        if order.kind in ("mkt", "ioc", "fok"):
            size, _ = taker_quote(self.market, order, order.size, price)
            if size == 0 or (order.kind == "fok" and size < order.size):
                return "iocWouldNotExecute"
        return None

    def _place(self, order: Order, share: Decimal | None) -> list[Event]:
        price = self.market.quote(order.symbol)
        self.venue.live[order.order_id] = order
        if order.state is OrderState.WAITING:
            events = [self.venue.note("PLACE", order)]
            stop = order.stop_price or ZERO
            beyond = price >= stop if order.triggers_above else price <= stop
            return events + (self.venue.trigger(order, price) if beyond else [])
        if order.kind != "post" and would_cross(self.market, order, price):
            events = self.venue.take(order, price, share)
            if events:
                return events
        return [self.venue.note("PLACE", order)]

    def _edited(
        self,
        order: Order,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Outcome:
        before = order.snapshot()
        order.size = size or order.size
        order.limit_price = limit_price or order.limit_price
        order.stop_price = stop_price or order.stop_price
        if order.state is OrderState.OPEN and self.margin().available < 0:
            order.size, order.limit_price = before.size, before.limit_price
            return Outcome("insufficientAvailableFunds", order)
        order.updated_ms = self.now_ms
        events = [self.venue.note("EDIT", order, before=before)]
        price = self.market.quote(order.symbol)
        if order.state is OrderState.OPEN and would_cross(self.market, order, price):
            events += self.venue.take(order, price)
        return Outcome("edited", order, events)
