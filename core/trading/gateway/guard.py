"""Refuses orders that pass a limit, and changes of stops, before anything is sent.

What is open is read from the exchange, never from books of ours: those are kept by code
that may be wrong. Reduce-only orders close, so no limit stops them; but a stop that is
moved away, made smaller or cancelled puts more at risk, as an entry does.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from core.errors import GatewayRefused
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.exposure import Exposure, Open
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits
from core.trading.gateway.open_risk import is_stop, order_risk_usd
from core.trading.gateway.order import Order
from core.trading.gateway.sent_entries import Sent, SentEntries


class Guard:
    """Checks orders against the limits. Not thread-safe: one order at a time.

    `sent_file` tells the next process which entries were sent.
    """

    def __init__(
        self,
        limits: Limits,
        adapter: Adapter,
        switch: KillSwitch,
        exposure: Exposure | None = None,
        sent_file: Path | None = None,
    ) -> None:
        self.limits, self.switch = limits, switch
        self._adapter = adapter
        self._exposure = exposure or Exposure(adapter)
        self._sent = SentEntries(limits.max_orders_per_minute, sent_file)
        for sent in self._sent.of_before():
            self._exposure.unseen.add_earlier(sent)

    def check(self, order: Order) -> None:
        """Raise GatewayRefused with the limit and the value; else count the order."""
        if order.reduce_only:
            return
        self.switch.check()
        self._check_symbol(order)
        self._check_size(order)
        self._check_open(order)
        # Only now the exchange's time is known for certain, also of a new process.
        self._sent.check(self._adapter.now_ms())
        before = self._exposure.note(order)
        self._sent.note(Sent(self._adapter.now_ms(), order, before))

    def told(self, client_id: str, row: Row | None) -> None:
        """Take what became of an entry: its OrderStatus row, None if it never came."""
        self._exposure.unseen.told(client_id, row)

    def closing(self, symbol: str) -> None:
        """Note an order that makes a position smaller."""
        self._sent.closing(symbol, self._exposure.unseen.closing(symbol))
        self._exposure.forget()

    def changed(self) -> None:
        """Take nothing as read any more: orders were changed, or the exchange failed."""
        self._exposure.forget()

    def check_change(
        self, row: Row, size: Decimal | None, stop_price: Decimal | None
    ) -> None:
        """Raise GatewayRefused if an edit of a stop puts more at risk than a limit allows.

        `row` is its OpenOrder row; None leaves a value as it is. What lowers the risk, or
        leaves it, always passes.
        """
        changes = {"size": size, "stop_price": stop_price}
        new = {**row, **{k: v for k, v in changes.items() if v is not None}}
        if is_stop(row) and _is_weaker(new, row):
            self._check_risk_after(row, new)

    def check_cancel(self, row: Row) -> None:
        """Raise GatewayRefused if without this stop more is at risk than a limit allows."""
        if is_stop(row):
            self._check_risk_after(row, None)

    def _check_risk_after(self, row: Row, new: Row | None) -> None:
        found, risk = self._exposure.change(row["order_id"], new)
        if risk > found.risk_usd:
            self._check_risk(found, risk, "after the change")

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

    def _check_open(self, order: Order) -> None:
        found, limits = self._exposure.now(), self.limits
        mark = found.marks.get(order.symbol)
        if mark is None:
            raise GatewayRefused(f"{order.symbol} has no price at the moment")
        _check_protection(order, mark)
        notional = order.size * _worst_price(order, mark)
        if notional > limits.max_order_usd:
            raise GatewayRefused(
                f"max_order_usd is {limits.max_order_usd}, the order is {notional:.2f}"
            )
        total = notional + found.notional_usd
        if total > limits.max_open_usd:
            raise GatewayRefused(
                f"max_open_usd is {limits.max_open_usd}, with the order it is {total:.2f}"
            )
        risk = found.risk_usd + order_risk_usd(order, mark)
        self._check_risk(found, risk, "with the order")

    def _check_risk(self, found: Open, risk: Decimal, when: str) -> None:
        limits = self.limits
        if risk > limits.max_open_risk_usd:
            raise GatewayRefused(
                f"max_open_risk_usd is {limits.max_open_risk_usd}, {when} it is {risk:.2f}"
            )
        if risk > limits.max_open_risk_frac * found.equity_usd:
            raise GatewayRefused(
                f"max_open_risk_frac is {limits.max_open_risk_frac}, {when} {risk:.2f}"
                f" USD of {found.equity_usd:.2f} are at risk"
            )


def _check_protection(order: Order, mark: Decimal) -> None:
    """Refuse a stop that would fire before its entry is filled, and leave it without one."""
    stop = order.protect_price
    if stop is None or (stop < mark if order.side == "buy" else stop > mark):
        return
    raise GatewayRefused(
        f"protect_price {stop} of a {order.side} lies beyond the mark of {mark}"
    )


def _worst_price(order: Order, mark: Decimal) -> Decimal:
    return max(mark, order.limit_price or mark, order.stop_price or mark)


def _is_weaker(new: Row, old: Row) -> bool:
    """Tell whether a stop covers less than before, or is hit later."""
    moved: Decimal = new["stop_price"] - old["stop_price"]
    away = moved < 0 if old["side"] == "sell" else moved > 0
    return bool(away or new["size"] < old["size"])
