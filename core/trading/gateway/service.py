"""What the gateway answers: one table of methods, each guarded, each in plain data.

The admin table is served on a socket of its own, which the runtime is not given.
"""

from __future__ import annotations

from decimal import Decimal
from functools import wraps
from typing import Any

from core.errors import ExchangeError, GatewayRefused
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.guard import Guard
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.orders import Orders
from core.trading.gateway.request_lines import Method
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
        self.orders = Orders(adapter, guard, heartbeat, tripwires)

    def methods(self) -> dict[str, Method]:
        """Return what the runtime may call. It can halt, but not resume."""
        adapter = self._adapter
        table: dict[str, Method] = {
            "instruments": adapter.instruments,
            "tickers": adapter.tickers,
            "candles": self._candles,
            "place": self.orders.place,
            "order": self.orders.order,
            "edit": self.orders.edit,
            "cancel": self.orders.cancel,
            "cancel_order": self.orders.cancel_order,
            "open_orders": adapter.open_orders,
            "positions": adapter.positions,
            "account": self.account,
            "account_uid": adapter.account_uid,
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

    def look(self) -> None:
        """Let the day's loss be seen while nobody asks for the account."""
        self._noticing(self.account)()

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
            "other_collateral": self._adapter.other_collateral(),
            **self._heartbeat.state(),
            "limits": self._guard.limits.model_dump(mode="json"),
        }


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise GatewayRefused(f"{name} is {value!r:.80}, not a whole number from 0 on")
    return value
