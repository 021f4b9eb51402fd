"""What the gateway answers: one table of methods, each guarded, each in plain data.

The admin table is served on a socket of its own, which the runtime is not given.
"""

from __future__ import annotations

import contextlib
import threading
from decimal import Decimal
from functools import wraps
from typing import Any

from core.errors import (
    DuplicateOrder,
    ExchangeError,
    ExchangeUnavailable,
    GatewayRefused,
    OrderRejected,
    RateLimited,
)
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.guard import Guard
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.order import (
    TRIGGERED,
    Order,
    check_client_id,
    checked,
    positive,
)
from core.trading.gateway.protection import place_protected
from core.trading.gateway.request_lines import Method
from core.trading.gateway.sent_ids import SentIds
from core.trading.gateway.tripwires import Tripwires


class Service:
    """The gateway's methods over one adapter. Thread-safe."""

    def __init__(
        self,
        adapter: Adapter,
        guard: Guard,
        heartbeat: Heartbeat,
        tripwires: Tripwires,
    ) -> None:
        self._adapter, self._guard = adapter, guard
        self._heartbeat, self._tripwires = heartbeat, tripwires
        self._opening = threading.Lock()
        self._pooled: set[str] = set()
        self._sent = SentIds()

    def methods(self) -> dict[str, Method]:
        """Return what the runtime may call. It can halt, but not resume."""
        adapter = self._adapter
        table: dict[str, Method] = {
            "instruments": adapter.instruments,
            "tickers": adapter.tickers,
            "candles": self._candles,
            "place": self._place,
            "order": self._order,
            "edit": self._edit,
            "cancel": self._cancel,
            "cancel_order": self._cancel_order,
            "open_orders": adapter.open_orders,
            "positions": adapter.positions,
            "account": self.account,
            "fills": lambda since_ms: adapter.fills(_whole("since_ms", since_ms)),
            "ledger": self._ledger,
            "order_events": lambda since_ms: adapter.order_events(
                _whole("since_ms", since_ms)
            ),
            "keep_alive": self._keep_alive,
            "report_drift": self._report_drift,
            "halt": self._halt,
            "status": self._status,
        }
        return {name: self._noticing(method) for name, method in table.items()}

    def _noticing(self, method: Method) -> Method:
        """Return a method whose failures tell the guard that the exchange had trouble."""

        @wraps(method)
        def call(**params: Any) -> Any:
            try:
                return method(**params)
            except GatewayRefused:
                raise
            except ExchangeError:
                self._guard.changed()
                raise

        return call

    def admin_methods(self) -> dict[str, Method]:
        """Return what the person in charge may call."""
        return {"halt": self._halt, "resume": self._resume, "status": self._status}

    def account(self) -> Row:
        """Return the account, and let the day's loss be seen."""
        row = self._adapter.account()
        self._tripwires.see(row["equity_usd"])
        return row

    def _place(self, order: Any) -> Row:
        request = checked(order)
        if request.reduce_only:
            if request.kind in TRIGGERED:
                # A stop that a switch may strip is better than none.
                with contextlib.suppress(ExchangeError):
                    self._heartbeat.before_protection()
            else:
                self._guard.closing(request.symbol)
            return self._send(request)
        # One at a time, so that two orders cannot both pass on the same open notional.
        with self._opening:
            self._guard.check(request)
            try:
                self._prepare(request)
            except ExchangeError:
                self._guard.told(request.client_id, None)
                raise
            return self._entered(request)

    def _prepare(self, order: Order) -> None:
        if order.symbol not in self._pooled:
            self._adapter.pool_margin(order.symbol)
            self._pooled.add(order.symbol)
        if order.protect_price is not None:
            self._heartbeat.before_protection()
        self._heartbeat.entry_sent(order.kind)

    def _entered(self, order: Order) -> Row:
        try:
            row = self._send(order)
        except ExchangeError as error:
            if _never_came(error):
                self._guard.told(order.client_id, None)
            self._tripwires.outcome(error)
            raise
        self._guard.told(order.client_id, row)
        self._tripwires.outcome(None)
        return row

    def _send(self, order: Order) -> Row:
        self._sent.claim(order.client_id)
        try:
            if order.protect_price is not None:
                return place_protected(self._adapter, order, self._guard.changed)
            return self._adapter.place(order)
        except ExchangeError as error:
            if _never_came(error):
                self._sent.release(order.client_id)
            raise

    def _order(self, client_id: Any) -> Row | None:
        found = self._adapter.order(check_client_id(client_id))
        if found is None:
            # The exchange never got it: the same id may be sent again.
            self._sent.release(client_id)
        self._guard.told(client_id, found)
        return found

    def _edit(
        self, client_id: Any, size: Any, limit_price: Any, stop_price: Any
    ) -> Row | None:
        numbers = {"size": size, "limit_price": limit_price, "stop_price": stop_price}
        changes = {name: positive(name, value) for name, value in numbers.items()}
        check_client_id(client_id)
        with self._opening:
            found = self._resting("client_id", client_id)
            if found is not None:
                if not found["reduce_only"]:
                    raise GatewayRefused(
                        "edit: an entry is not changed",
                        hint="cancel it and send another",
                    )
                self._guard.check_change(found, changes["size"], changes["stop_price"])
            self._guard.changed()
            return self._adapter.edit(client_id, **changes)

    def _cancel(self, client_id: Any) -> Row | None:
        return self._cancelled("client_id", check_client_id(client_id))

    def _cancel_order(self, order_id: Any) -> Row | None:
        return self._cancelled("order_id", str(order_id))

    def _cancelled(self, key: str, name: str) -> Row | None:
        with self._opening:
            found = self._resting(key, name)
            if found is not None:
                self._guard.check_cancel(found)
            self._guard.changed()
            if key == "client_id":
                return self._adapter.cancel(name)
            return self._adapter.cancel_order(name)

    def _resting(self, key: str, name: str) -> Row | None:
        rows = self._adapter.open_orders()
        return next((row for row in rows if row[key] == name), None)

    def _candles(self, symbol: Any, since_ms: Any, limit: Any) -> list[Any]:
        if symbol not in self._guard.limits.symbols:
            raise GatewayRefused(f"symbols: {symbol!r:.80} is not allowed")
        if not 0 < _whole("limit", limit) <= 100_000:
            raise GatewayRefused(f"limit is {limit}, not 1 to 100000")
        return self._adapter.candles(symbol, _whole("since_ms", since_ms), limit)

    def _ledger(self, since_id: Any, since_ms: Any = 0) -> list[Row]:
        rows = self._adapter.ledger(
            _whole("since_id", since_id), _whole("since_ms", since_ms)
        )
        self._tripwires.moved(rows)
        return rows

    def _keep_alive(self, timeout_s: Any) -> None:
        self._heartbeat.beat(_whole("timeout_s", timeout_s))

    def _report_drift(self, drift_usd: Any) -> None:
        try:
            drift = Decimal(drift_usd)
        except (ArithmeticError, TypeError, ValueError):
            raise GatewayRefused(f"drift_usd is {drift_usd!r:.80}") from None
        self._tripwires.drift(drift)

    def _halt(self, reason: Any) -> None:
        self._guard.switch.halt(str(reason)[:500])

    def _resume(self) -> None:
        self._tripwires.forgive()
        self._guard.switch.resume()

    def _status(self) -> Row:
        return {
            "halted": self._guard.switch.reason(),
            "now_ms": self._adapter.now_ms(),
            **self._heartbeat.state(),
            "limits": self._guard.limits.model_dump(mode="json"),
        }


def _never_came(error: ExchangeError) -> bool:
    if isinstance(error, DuplicateOrder):
        return False
    return isinstance(error, (ExchangeUnavailable, OrderRejected, RateLimited))


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise GatewayRefused(f"{name} is {value!r:.80}, not a whole number from 0 on")
    return value
