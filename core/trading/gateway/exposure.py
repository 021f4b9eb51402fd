"""What is open at the exchange, read at most every two seconds, never from our books.

Five orders a second use up the whole of Kraken's budget, so positions and orders cannot
be read before each. Between two readings every order that was sent from here counts as
open in full, filled or not, so the answer errs on the safe side only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.errors import GatewayRefused
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.open_risk import ZERO, open_risk_usd, order_risk_usd
from core.trading.gateway.order import Order

MAX_AGE_MS = 2000


@dataclass(frozen=True, slots=True)
class Open:
    """Notional and risk in USD, and the mark prices behind them."""

    notional_usd: Decimal
    risk_usd: Decimal
    marks: dict[str, Decimal]


class Exposure:
    """Reads what is open. Not thread-safe: the guard asks one order at a time.

    `max_age_ms` is of the exchange's time, simulated or not.
    """

    def __init__(self, adapter: Adapter, max_age_ms: int = MAX_AGE_MS) -> None:
        self._adapter, self._max_age_ms = adapter, max_age_ms
        self._rows: tuple[list[Row], list[Row]] = ([], [])
        self._read_ms: int | None = None
        self._sent: list[Order] = []

    def now(self) -> Open:
        """Return what is open, orders sent since the last reading included."""
        # Public, and so free: prices are always today's.
        marks = {row["symbol"]: row["mark_price"] for row in self._adapter.tickers()}
        if self._is_old():
            self._read()
        positions, orders = self._rows
        notional = sum((_held_usd(row, marks) for row in positions), ZERO)
        notional += sum((_order_usd(row, marks) for row in orders), ZERO)
        risk = open_risk_usd(positions, orders, marks)
        for order in self._sent:
            mark = marks[order.symbol]
            notional += order.size * max(mark, order.limit_price or mark)
            risk += order_risk_usd(order, mark)
        return Open(notional, risk, marks)

    def note(self, order: Order) -> None:
        """Count an order that is about to be sent."""
        self._sent.append(order)

    def forget(self) -> None:
        """Read anew at the next look: what failed may have taken orders with it."""
        self._read_ms = None

    def _is_old(self) -> bool:
        if self._read_ms is None:
            return True
        # Back in time: another run of the exchange.
        age_ms = self._adapter.now_ms() - self._read_ms
        return not 0 <= age_ms <= self._max_age_ms

    def _read(self) -> None:
        at_ms = self._adapter.now_ms()
        self._rows = (self._adapter.positions(), self._adapter.open_orders())
        self._read_ms, self._sent = at_ms, []


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
