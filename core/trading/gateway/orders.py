"""Sends, finds, changes and cancels orders, each checked before: one entry at a time.

What is asked for comes as plain data, and whatever else the gateway does is in `service`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from core.errors import (
    DuplicateOrder,
    ExchangeError,
    ExchangeUnavailable,
    GatewayRefused,
    OrderRejected,
    RateLimited,
)
from core.process import boot_s
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
from core.trading.gateway.protection import Apart, place_protected
from core.trading.gateway.sent_ids import SentIds
from core.trading.gateway.tripwires import Tripwires

# Well within the time after which who waits for an entry asks what became of it.
SENT_WITHIN_S = 20.0


class Orders:
    """The orders of one account. Thread-safe."""

    def __init__(
        self,
        adapter: Adapter,
        guard: Guard,
        heartbeat: Heartbeat,
        tripwires: Tripwires,
        clock: Callable[[], float] = boot_s,
    ) -> None:
        self._adapter, self._guard, self._clock = adapter, guard, clock
        self._heartbeat, self._tripwires = heartbeat, tripwires
        self._opening = threading.Lock()
        self._pooled: set[str] = set()
        self._sent = SentIds()
        self._apart = Apart()
        adapter.before_entries(guard.switch.check)

    def place(self, order: Any) -> Row:
        """Send one order; an entry only within the limits. Returns its OrderStatus row."""
        began_s, request = self._clock(), checked(order)
        if request.reduce_only:
            return self._reduced(request)
        # One at a time, so that two orders cannot both pass on the same open notional.
        with self._opening, self._heartbeat.sending():
            self._check_age(began_s)
            # First: one that was sent before goes on to count as it was sent.
            self._sent.claim(request.client_id)
            try:
                if request.protect_price is not None:
                    self._apart.ask(self._adapter, request)
                self._guard.check(request)
                self._prepare(request)
                # What came before may have taken long, in an outage a minute.
                self._check_age(began_s)
                self._guard.switch.check()
            except ExchangeError:
                self._never_sent(request.client_id)
                raise
            return self._entered(request)

    def _never_sent(self, client_id: str) -> None:
        """Count an entry no more; its id may be sent again."""
        self._guard.told(client_id, None)
        self._sent.release(client_id)

    def _reduced(self, order: Order) -> Row:
        self._sent.claim(order.client_id)
        if order.kind not in TRIGGERED:
            self._guard.changed()
            row = self._send(order)
            # Only now: one that closes nothing leaves all that was entered.
            if row["filled"]:
                self._guard.closing(order.symbol)
            return row
        with self._heartbeat.sending():
            # A stop that a switch may strip is better than none.
            with contextlib.suppress(ExchangeError):
                self._heartbeat.before_protection()
            return self._send(order)

    def _check_age(self, began_s: float) -> None:
        if (age_s := self._clock() - began_s) > SENT_WITHIN_S:
            raise GatewayRefused(
                f"decided {age_s:.0f} s ago, which is too long; not sent"
            )

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
        try:
            if order.protect_price is not None:
                return place_protected(
                    self._adapter, order, self._guard.changed, self._apart
                )
            return self._adapter.place(order)
        except ExchangeError as error:
            if _never_came(error):
                self._sent.release(order.client_id)
            raise

    def order(self, client_id: Any) -> Row | None:
        """Return what the exchange knows of an order, None if it never got it."""
        check_client_id(client_id)
        with self._opening:
            # One whose caller gave up may still be under way, or be taken back.
            found = self._adapter.order(client_id)
            if found is None:
                # Within the lock: another may send it as soon as its id is free.
                self._never_sent(client_id)
                return None
        found = self._apart.told(self._adapter, found)
        self._guard.told(client_id, found)
        return found

    def edit(
        self, client_id: Any, size: Any, limit_price: Any, stop_price: Any
    ) -> Row | None:
        """Change a resting order that only reduces; None if it does not rest."""
        numbers = {"size": size, "limit_price": limit_price, "stop_price": stop_price}
        changes = {name: positive(name, value) for name, value in numbers.items()}
        check_client_id(client_id)
        with self._opening:
            found = self._resting("client_id", client_id)
            if found is None:
                # Perhaps it is shown late; of what is not shown nothing can be checked.
                return None
            if not found["reduce_only"]:
                raise GatewayRefused(
                    "edit: an entry is not changed", hint="cancel it and send another"
                )
            if found["kind"] in TRIGGERED and changes["limit_price"] is not None:
                raise GatewayRefused(f"edit: a {found['kind']} takes no limit_price")
            self._guard.check_change(found, changes["size"], changes["stop_price"])
            self._guard.changed()
            return self._adapter.edit(client_id, **changes)

    def cancel(self, client_id: Any) -> Row | None:
        """Cancel one order by its client id; None if it does not rest."""
        return self._cancelled("client_id", check_client_id(client_id))

    def cancel_order(self, order_id: Any) -> Row | None:
        """Cancel one order by the exchange's id; None if it does not rest."""
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


def _never_came(error: ExchangeError) -> bool:
    if isinstance(error, DuplicateOrder):
        return False
    kinds = (ExchangeUnavailable, GatewayRefused, OrderRejected, RateLimited)
    return isinstance(error, kinds)
