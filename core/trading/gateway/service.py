"""What the gateway answers: one table of methods, each guarded, each in plain data.

A request is a line of JSON and so is its answer. Errors cross as kind and message;
anything unforeseen crosses as its type only, since its text might hold a key.
The admin table is served on a socket of its own, which the runtime is not given.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from core.errors import (
    DuplicateOrder,
    ExchangeError,
    ExchangeUnavailable,
    GatewayRefused,
    MalformedAnswer,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
)
from core.trading import record_fields
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
from core.trading.gateway.sent_ids import SentIds
from core.trading.gateway.tripwires import Tripwires

Method = Callable[..., Any]
WRITES = frozenset({"place", "edit", "cancel", "cancel_order"})
_encode = json.JSONEncoder(separators=(",", ":"), default=record_fields.plain).encode


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
        return {
            "instruments": adapter.instruments,
            "tickers": adapter.tickers,
            "candles": self._candles,
            "place": self._place,
            "order": self._order,
            "edit": self._edit,
            "cancel": lambda client_id: adapter.cancel(check_client_id(client_id)),
            "cancel_order": lambda order_id: adapter.cancel_order(str(order_id)),
            "open_orders": adapter.open_orders,
            "positions": adapter.positions,
            "account": self.account,
            "fills": lambda since_ms: adapter.fills(_whole("since_ms", since_ms)),
            "ledger": lambda since_id: adapter.ledger(_whole("since_id", since_id)),
            "order_events": lambda since_ms: adapter.order_events(
                _whole("since_ms", since_ms)
            ),
            "keep_alive": self._keep_alive,
            "report_drift": self._report_drift,
            "halt": self._halt,
            "status": self._status,
        }

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
            return self._send(request)
        # One at a time, so that two orders cannot both pass on the same open notional.
        with self._opening:
            self._guard.check(request)
            if request.symbol not in self._pooled:
                self._adapter.pool_margin(request.symbol)
                self._pooled.add(request.symbol)
            if request.protect_price is not None:
                self._heartbeat.before_protection()
            self._heartbeat.entry_sent(request.kind)
            return self._entered(request)

    def _entered(self, order: Order) -> Row:
        try:
            row = self._send(order)
        except ExchangeError as error:
            self._guard.failed()
            self._tripwires.outcome(error)
            raise
        self._tripwires.outcome(None)
        return row

    def _send(self, order: Order) -> Row:
        self._sent.claim(order.client_id)
        try:
            if order.protect_price is not None:
                return place_protected(self._adapter, order)
            return self._adapter.place(order)
        except (ExchangeUnavailable, OrderRejected, RateLimited) as error:
            if not isinstance(error, DuplicateOrder):
                self._sent.release(order.client_id)
            raise

    def _order(self, client_id: Any) -> Row | None:
        found = self._adapter.order(check_client_id(client_id))
        if found is None:
            # The exchange never got it: the same id may be sent again.
            self._sent.release(client_id)
        return found

    def _edit(
        self, client_id: Any, size: Any, limit_price: Any, stop_price: Any
    ) -> Row | None:
        numbers = {"size": size, "limit_price": limit_price, "stop_price": stop_price}
        changes = {name: positive(name, value) for name, value in numbers.items()}
        resting = self._adapter.open_orders()
        found = [row for row in resting if row["client_id"] == client_id]
        if found and not found[0]["reduce_only"]:
            raise GatewayRefused(
                "edit: an entry is not changed", hint="cancel it and send another"
            )
        return self._adapter.edit(check_client_id(client_id), **changes)

    def _candles(self, symbol: Any, since_ms: Any, limit: Any) -> list[Any]:
        if symbol not in self._guard.limits.symbols:
            raise GatewayRefused(f"symbols: {symbol!r:.80} is not allowed")
        if not 0 < _whole("limit", limit) <= 100_000:
            raise GatewayRefused(f"limit is {limit}, not 1 to 100000")
        return self._adapter.candles(symbol, _whole("since_ms", since_ms), limit)

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


def answer(
    methods: Mapping[str, Method], line: bytes, redact: Callable[[str], str]
) -> bytes:
    """Return the answer line to one request line; it never raises."""
    number: Any = None
    name: Any = None
    try:
        request = json.loads(line)
        number, name = request["id"], request["method"]
        method, params = methods[name], dict(request.get("params") or {})
    except (AttributeError, LookupError, TypeError, ValueError):
        error = GatewayRefused(f"no request of ours: method {name!r:.40}")
        return _error_line(number, error, redact)
    try:
        text = redact(_encode({"id": number, "ok": method(**params)}))
    except ExchangeError as error:
        return _error_line(number, error, redact)
    except Exception as error:
        return _error_line(number, _unforeseen(name, error), redact)
    return text.encode() + b"\n"


def _unforeseen(name: str, error: Exception) -> ExchangeError:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {frame.name}:{frame.lineno}"
    print(f"gateway: {name}: {where}", file=sys.stderr, flush=True)
    if name in WRITES:
        return OutcomeUnknown(
            f"{name}: {where}", hint="ask `order` before sending again"
        )
    return MalformedAnswer(f"{name}: {where}")


def _error_line(
    number: Any, error: ExchangeError, redact: Callable[[str], str]
) -> bytes:
    body = {
        "kind": type(error).__name__,
        "message": redact(str(error)),
        "hint": redact(error.hint) if error.hint else None,
    }
    return _encode({"id": number, "error": body}).encode() + b"\n"


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise GatewayRefused(f"{name} is {value!r:.80}, not a whole number from 0 on")
    return value
