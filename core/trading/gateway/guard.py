"""Refuses orders that pass a limit, before anything is sent.

What is open is read from the exchange at each order, never from books of ours: those
are kept by code that may be wrong. Reduce-only orders close, so no limit stops them.
"""

from __future__ import annotations

import os
from collections import deque
from decimal import Decimal
from pathlib import Path

from core.errors import GatewayRefused
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.limits import Limits
from core.trading.gateway.order import Order


class HaltFile:
    """The kill switch: while the file exists, nothing new is opened.

    A file, so that it outlives the gateway, and so that `touch` is enough in a hurry.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def halt(self, reason: str) -> None:
        """Stop new risk. A first reason is kept."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        try:
            descriptor = os.open(self._path, flags, 0o600)
        except FileExistsError:
            return
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(reason)

    def resume(self) -> None:
        """Allow new risk again."""
        self._path.unlink(missing_ok=True)

    def reason(self) -> str | None:
        """Return why it is halted, None if it is not."""
        try:
            return self._path.read_text(encoding="utf-8").strip() or "no reason given"
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            # It is there, and that is what counts.
            return "the halt file cannot be read"


class Guard:
    """Checks orders against the limits. Not thread-safe: one order at a time."""

    def __init__(self, limits: Limits, adapter: Adapter, halt: HaltFile) -> None:
        self.limits, self.halt = limits, halt
        self._adapter = adapter
        self._sent_ms: deque[int] = deque()

    def check(self, order: Order) -> None:
        """Raise GatewayRefused with the limit and the value; else count the order."""
        if order.reduce_only:
            return
        if (reason := self.halt.reason()) is not None:
            raise GatewayRefused(
                f"halted ({reason}): only reduce-only orders and cancels pass",
                hint="resume by the admin socket when the cause is mended",
            )
        self._check_symbol(order)
        self._check_size(order)
        self._check_rate()
        self._check_notional(order)
        self._sent_ms.append(self._adapter.now_ms())

    def _check_symbol(self, order: Order) -> None:
        if order.symbol not in self.limits.symbols:
            allowed = ", ".join(self.limits.symbols)
            raise GatewayRefused(f"symbols: {order.symbol!r:.80} is not of {allowed}")

    def _check_size(self, order: Order) -> None:
        most = self.limits.max_order_size.get(order.symbol)
        if most is not None and order.size > most:
            raise GatewayRefused(
                f"max_order_size of {order.symbol} is {most}, the order has {order.size}"
            )

    def _check_rate(self) -> None:
        now, sent = self._adapter.now_ms(), self._sent_ms
        while sent and not now - 60_000 < sent[0] <= now:
            sent.popleft()
        most = self.limits.max_orders_per_minute
        if len(sent) >= most:
            raise GatewayRefused(f"max_orders_per_minute is {most}, all are used")

    def _check_notional(self, order: Order) -> None:
        marks = {row["symbol"]: row["mark_price"] for row in self._adapter.tickers()}
        notional = order.size * _worst_price(order, marks[order.symbol])
        limits = self.limits
        if notional > limits.max_order_usd:
            raise GatewayRefused(
                f"max_order_usd is {limits.max_order_usd}, the order is {notional:.2f}"
            )
        total = notional + self._open_usd(marks)
        if total > limits.max_open_usd:
            raise GatewayRefused(
                f"max_open_usd is {limits.max_open_usd}, with the order it is {total:.2f}"
            )

    def _open_usd(self, marks: dict[str, Decimal]) -> Decimal:
        """Return the notional of all positions and of orders that may add to them."""
        positions = sum(
            (
                abs(row["size"]) * marks.get(row["symbol"], row["entry_price"])
                for row in self._adapter.positions()
            ),
            Decimal(0),
        )
        orders = (_order_usd(row, marks) for row in self._adapter.open_orders())
        return positions + sum(orders, Decimal(0))


def _worst_price(order: Order, mark: Decimal) -> Decimal:
    return max(mark, order.limit_price or mark, order.stop_price or mark)


def _order_usd(row: Row, marks: dict[str, Decimal]) -> Decimal:
    if row["reduce_only"]:
        return Decimal(0)
    prices = [row["limit_price"], row["stop_price"], marks.get(row["symbol"])]
    known: list[Decimal] = [price for price in prices if price is not None]
    if not known:
        raise GatewayRefused(
            f"open order {row['order_id']} in {row['symbol']} has no price to count it by",
            hint="cancel it first",
        )
    remaining: Decimal = row["size"] - row["filled"]
    return remaining * max(known)
