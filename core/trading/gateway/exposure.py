"""What is open at the exchange, read at most every two seconds, never from our books.

Five orders a second use up the whole of Kraken's budget, so positions and orders cannot
be read before each. Between two readings every entry that was sent from here counts as
open (`unseen`), and a reading is no longer believed once any call has failed or anything
but an entry was changed: an exchange that answers wrongly may have lost orders, the
stops too. So the answer errs on the safe side only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.errors import GatewayRefused
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.open_risk import ZERO, open_risk_usd, order_risk_usd
from core.trading.gateway.order import Order
from core.trading.gateway.unseen import Unseen

MAX_AGE_MS = 2000
# A position is shown within moments; one that has gone by its stop counts so long at most.
LAG_MS = 10_000


@dataclass(frozen=True, slots=True)
class Open:
    """Notional, risk and the account's equity in USD, and the mark prices behind them."""

    notional_usd: Decimal
    risk_usd: Decimal
    equity_usd: Decimal
    marks: dict[str, Decimal]


class Exposure:
    """Reads what is open. Not thread-safe but for `forget`: one looks at a time.

    `max_age_ms` and `lag_ms` are of the exchange's time, simulated or not.
    """

    def __init__(
        self, adapter: Adapter, max_age_ms: int = MAX_AGE_MS, lag_ms: int = LAG_MS
    ) -> None:
        self._adapter, self._max_age_ms = adapter, max_age_ms
        self.unseen = Unseen(adapter, lag_ms)
        self._positions: list[Row] = []
        self._orders: list[Row] = []
        self._equity_usd = ZERO
        # As last told: a market that is suspended has none, and what was entered counts on.
        self._marks: dict[str, Decimal] = {}
        self._read_ms: int | None = None
        self._changes = self._changes_read = 0

    def now(self) -> Open:
        """Return what is open, orders sent since the last reading included."""
        # Public, and so free: prices are always today's.
        marks = {row["symbol"]: row["mark_price"] for row in self._adapter.tickers()}
        self._marks |= marks
        if self._is_old():
            self._read()
        held = self._held()
        notional = sum((_held_usd(row, marks) for row in held), ZERO)
        notional += sum((_order_usd(row, marks) for row in self._orders), ZERO)
        risk = open_risk_usd(held, self._orders, marks)
        for order in self.unseen.orders():
            worth_usd, risk_usd = self._sent_usd(order)
            notional, risk = notional + worth_usd, risk + risk_usd
        return Open(notional, risk, self._equity_usd, marks)

    def change(self, order_id: str, new: Row | None) -> tuple[Open, Decimal]:
        """Return what is open now, and the risk in USD with an order changed or gone."""
        self.forget()
        found = self.now()
        others = [row for row in self._orders if row["order_id"] != order_id]
        changed = [*others, new] if new is not None else others
        held = self._held()
        before = open_risk_usd(held, self._orders, found.marks)
        after = open_risk_usd(held, changed, found.marks)
        return found, found.risk_usd - before + after

    def _held(self) -> list[Row]:
        """Return the positions as read, and as entries have made them that are not shown yet."""
        rows = {row["symbol"]: row for row in self._positions}
        for symbol, size in self.unseen.late().items():
            row = rows.get(symbol)
            if row is None:
                row = {"symbol": symbol, "entry_price": self._last_mark(symbol)}
            if abs(size) > abs(row.get("size", ZERO)):
                rows[symbol] = {**row, "size": size}
        return list(rows.values())

    def _last_mark(self, symbol: str) -> Decimal:
        if symbol not in self._marks:
            raise GatewayRefused(f"{symbol} has no price to count it by at the moment")
        return self._marks[symbol]

    def _sent_usd(self, order: Order) -> tuple[Decimal, Decimal]:
        """Return the notional and the risk of an entry that is not shown yet."""
        mark = self._marks.get(order.symbol)
        if mark is not None:
            notional = order.size * max(mark, order.limit_price or mark)
            return notional, order_risk_usd(order, mark)
        # One of a gateway before this one: what it may lose from here is not known.
        prices = (order.limit_price, order.stop_price, order.protect_price)
        known = [price for price in prices if price is not None]
        price = max(known) if known else self._last_mark(order.symbol)
        return order.size * price, order.size * price

    def note(self, order: Order) -> Decimal:
        """Count an entry that is about to be sent; return its symbol's signed position."""
        before = _size_of(order.symbol, self._positions)
        self.unseen.add(order, before)
        return before

    def forget(self) -> None:
        """Read anew at the next look. Thread-safe."""
        self._changes += 1

    def _is_old(self) -> bool:
        if self._read_ms is None or self._changes != self._changes_read:
            return True
        # Back in time: another run of the exchange.
        age_ms = self._adapter.now_ms() - self._read_ms
        return not 0 <= age_ms <= self._max_age_ms

    def _read(self) -> None:
        # What changes while this reads makes it old at once.
        at_ms, changes = self._adapter.now_ms(), self._changes
        self._read_ms = None
        self.unseen.ask()
        self._positions = self._adapter.positions()
        self._orders = self._adapter.open_orders()
        self._equity_usd = self._adapter.account()["equity_usd"]
        self.unseen.compare(self._positions, self._orders, at_ms)
        self._read_ms, self._changes_read = at_ms, changes


def _size_of(symbol: str, positions: Sequence[Row]) -> Decimal:
    return next((row["size"] for row in positions if row["symbol"] == symbol), ZERO)


def _held_usd(row: Row, marks: dict[str, Decimal]) -> Decimal:
    usd: Decimal = abs(row["size"]) * marks.get(row["symbol"], row["entry_price"])
    return usd


def _order_usd(row: Row, marks: dict[str, Decimal]) -> Decimal:
    """Return the notional of an order that may add to a position."""
    if row["reduce_only"]:
        return ZERO
    symbol: str = row["symbol"]
    prices = [row["limit_price"], row["stop_price"], marks.get(symbol)]
    known: list[Decimal] = [price for price in prices if price is not None]
    if not known:
        raise GatewayRefused(
            f"open order {row['order_id']} in {symbol} has no price to count it by",
            hint="cancel it first",
        )
    remaining: Decimal = row["size"] - row["filled"]
    return remaining * max(known)
