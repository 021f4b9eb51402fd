"""The gateway's adapter over the paper exchange's own book engine, in this process.

Orders, fills, fees, funding, margin and liquidation are the engine's, so a backtest and
the loop that trades on the paper exchange get the same answers; only HTTP and signatures
are left out. A figure that would cross them as a JSON number is cut to a double here too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal

from core.errors import ExchangeError, GatewayRefused, MalformedAnswer
from core.trading.backtest.rows import (
    event_rows,
    fill_row,
    ledger_row,
    open_row,
    sent,
    status_row,
)
from core.trading.gateway.adapter import Candle, Row
from core.trading.gateway.order import IMMEDIATE
from core.trading.gateway.order import Order as Wanted
from core.trading.gateway.order_state import state
from core.trading.gateway.order_words import ORDER_TYPES, refusal
from core.trading.paper import NewOrder, PaperExchange, history_answers
from core.trading.paper.orders import Order
from core.trading.paper.requests import Outcome


class EngineAdapter:
    """One account of one engine; see `gateway.adapter.Adapter` for what each call means."""

    def __init__(self, engine: PaperExchange) -> None:
        self.engine = engine
        self._fill_rows: list[Row] = []
        self._fill_times: list[int] = []
        self._check_entry: Callable[[], object] = lambda: None

    def now_ms(self) -> int:
        """Return simulated time."""
        return self.engine.now_ms

    def instruments(self) -> list[Row]:
        """Return Instrument rows."""
        return [
            {
                "symbol": contract.symbol,
                "tick_size": contract.tick_size,
                "size_step": contract.size_step,
                "contract_size": Decimal(1),
                "initial_margin_frac": contract.margin_levels[0].initial_frac,
                "maintenance_margin_frac": contract.margin_levels[0].maintenance_frac,
                "margin_levels": [asdict(level) for level in contract.margin_levels],
            }
            for contract in self.engine.market.contracts.values()
        ]

    def tickers(self) -> list[Row]:
        """Return Ticker rows."""
        return [self.ticker(symbol) for symbol in self.engine.market.candles]

    def ticker(self, symbol: str) -> Row:
        """Return one symbol's Ticker row."""
        market = self.engine.market
        price = market.price[symbol]
        bid, ask = market.bid_ask(symbol, price)
        opened, volume = market.day_sums(symbol)
        return {
            "symbol": symbol,
            "mark_price": price,
            "bid": bid,
            "ask": ask,
            "last": price,
            "volume_24h": volume,
            "open_24h": opened,
            "funding_frac": sent(market.funding_rate(symbol, market.now_ms)) / price,
            "time_ms": market.now_ms,
            "suspended": False,
        }

    def candles(self, symbol: str, since_ms: int, limit: int) -> list[Candle]:
        """Return closed candles."""
        market = self.engine.market
        first = max(0, -(-(since_ms - market.start_ms) // market.interval_ms))
        part = slice(first, min(first + limit, market.count))
        c = market.candles[symbol]
        columns = [x[part].tolist() for x in (c.open, c.high, c.low, c.close, c.volume)]
        texts = zip(*(map(repr, column) for column in columns), strict=True)
        times = c.time_ms[part].tolist()
        return [(time, *row) for time, row in zip(times, texts, strict=True)]

    def place(self, order: Wanted) -> Row:
        """Send one order."""
        self._check([order])
        return self._placed(order)

    def _check(self, orders: Sequence[Wanted]) -> None:
        if not all(order.reduce_only for order in orders):
            self._check_entry()

    def _placed(self, order: Wanted) -> Row:
        request = NewOrder(
            symbol=order.symbol,
            side=order.side,
            kind=ORDER_TYPES[order.kind],
            size=order.size,
            client_id=order.client_id,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            reduce_only=order.reduce_only,
            trail=order.trail_usd,
        )
        outcome = self.engine.send(request)
        refused = refusal(outcome.status)
        if refused is not None:
            raise refused
        made = _order_of(outcome)
        ended = not made.is_live or order.kind in IMMEDIATE
        row = status_row(made, [event.fill for event in outcome.events if event.fill])
        return {**row, "status": state(made.size, row["filled"], ended=ended)}

    def place_all(self, orders: Sequence[Wanted]) -> list[Row | ExchangeError]:
        """Send orders one after the other; return each one's row or error."""
        self._check(orders)
        return [self._tried(order) for order in orders]

    def _tried(self, order: Wanted) -> Row | ExchangeError:
        try:
            return self._placed(order)
        except ExchangeError as error:
            return error

    def order(self, client_id: str) -> Row | None:
        """Return an OrderStatus row, None if the engine never got the order."""
        found = self.engine.find(None, client_id) or self._refused(client_id)
        if found is None:
            return None
        fills = self.engine.books.fills
        mine = [fill for fill in fills if fill.order.order_id == found.order_id]
        return {**status_row(found, mine), "reason": found.reason}

    def _refused(self, client_id: str) -> Order | None:
        # The engine's books hold no order that it refused; its history does.
        told = (event.order for event in reversed(self.engine.venue.events))
        return next((order for order in told if order.client_id == client_id), None)

    def edit(
        self,
        client_id: str,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Row | None:
        """Change a live order; None if it is not live."""
        found = self.engine.find(None, client_id)
        outcome = self.engine.edit(found, size, limit_price, stop_price)
        if outcome.status == "orderForEditNotFound":
            return None
        refused = refusal(outcome.status)
        if refused is not None:
            raise refused
        made = _order_of(outcome)
        fills = [event.fill for event in outcome.events if event.fill]
        # What was filled before the edit is not told with it, so neither is its price.
        whole = sum(fill.size for fill in fills) == made.filled
        return status_row(made, fills if whole else ())

    def cancel(self, client_id: str) -> Row | None:
        """Cancel one order by its client id."""
        return self._cancelled(self.engine.find(None, client_id))

    def cancel_order(self, order_id: str) -> Row | None:
        """Cancel one order by the engine's id."""
        return self._cancelled(self.engine.find(order_id, None))

    def _cancelled(self, order: Order | None) -> Row | None:
        done = self.engine.cancel(order)
        return status_row(order) if order and done.status == "cancelled" else None

    def open_orders(self) -> list[Row]:
        """Return OpenOrder rows."""
        return [open_row(order) for order in self.engine.venue.live.values()]

    def positions(self) -> list[Row]:
        """Return Position rows."""
        return [
            {
                "symbol": symbol,
                "size": holding.size,
                "entry_price": holding.entry_price,
                "funding_usd": sent(holding.funding_usd),
            }
            for symbol, holding in self.engine.books.holdings.items()
            if holding.size
        ]

    def account(self) -> Row:
        """Return an Account row."""
        margin = self.engine.margin()
        return {
            "balance_usd": sent(margin.balance),
            "equity_usd": sent(margin.equity),
            "available_usd": sent(margin.available),
            "initial_margin_usd": sent(margin.initial),
            "maintenance_margin_usd": sent(margin.maintenance),
            "floating_usd": sent(margin.floating),
            "funding_usd": sent(margin.funding),
        }

    def account_uid(self) -> str:
        """Return the uid of the engine's account."""
        return history_answers.ACCOUNT

    def other_collateral(self) -> tuple[str, ...]:
        """Return nothing: the engine knows USD alone."""
        return ()

    def fills(self, since_ms: int) -> list[Row]:
        """Return Fill rows, oldest first."""
        for fill in self.engine.books.fills[len(self._fill_rows) :]:
            self._fill_rows.append(fill_row(fill))
            self._fill_times.append(fill.time_ms)
        found = self._fill_rows[bisect_left(self._fill_times, since_ms) :]
        return sorted(found, key=lambda row: int(row["time_ms"]))

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Row]:
        """Return LedgerEntry rows, oldest first."""
        # Row n of the engine's log has the ids 2n - 1, its cash, and 2n, its position.
        rows = self.engine.books.ledger[(since_id + 1) // 2 :]
        return [ledger_row(row) for row in rows if row.time_ms >= since_ms]

    def order_events(self, since_ms: int) -> list[Row]:
        """Return OrderEvent rows, oldest first."""
        events = self.engine.venue.events
        first = len(events)
        while first and events[first - 1].time_ms >= since_ms:
            first -= 1
        return event_rows(events[first:])

    def arm_switch(self, timeout_s: int) -> int:
        """Arm the engine's switch; GatewayRefused below a second, which would disarm it."""
        if timeout_s < 1:
            raise GatewayRefused(f"a switch of {timeout_s} s would be disarmed")
        return self.engine.cancel_all_after(timeout_s) or 0

    def disarm_switch(self) -> None:
        """Disarm it."""
        self.engine.cancel_all_after(0)

    def before_entries(self, check: Callable[[], object]) -> None:
        """Call `check` before anything that opens."""
        self._check_entry = check

    def pool_margin(self, symbol: str) -> None:
        """Take away a leverage preference of the symbol."""
        self.engine.set_leverage(symbol, None)


def _order_of(outcome: Outcome) -> Order:
    if outcome.order is None:
        raise MalformedAnswer(f"the engine's status {outcome.status} has no order")
    return outcome.order
