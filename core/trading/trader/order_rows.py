"""The rows of our resting orders, kept true after they were sent.

`order_logger` writes how an order was answered. What becomes of one that rests (edited,
filled, cancelled, sent along with its entry) is seen in the exchange's list of open orders
and in the fills, which the loop reads anyway: no call is made for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.records import row_of
from core.registry import Registry
from core.trading.ports import Store

ZERO = Decimal(0)
LIVE = frozenset(("open", "partial"))
# No order of ours rests longer than its trade is held.
RECENT_MS = 7 * 86_400_000
# Fills may be shown when their order is gone already: of so many that is remembered.
ENDED_KEPT = 200
_SEEN = ("order_id", "symbol", "side", "kind", "size", "limit_price", "stop_price",
         "reduce_only")  # fmt: skip

Row = dict[str, Any]


@dataclass
class OrderRows:
    """Follows orders by client id; rows go to the store when something has changed.

    What fails here is told and stops nothing: a stop does not wait for its row.
    """

    modules: Registry
    store: Store
    tell: Callable[..., None]
    _resting: dict[str, Row] = field(default_factory=dict)
    _ended: dict[str, Row] = field(default_factory=dict)
    _fills: dict[str, dict[str, tuple[Decimal, Decimal]]] = field(default_factory=dict)
    _ours: dict[str, bool] = field(default_factory=dict)

    def load(self, now_ms: int) -> None:
        """Begin with what the process before has left open."""
        for row in self.store.rows("orders", max(0, now_ms - RECENT_MS)):
            if row["status"] in LIVE:
                self._resting[row["client_id"]] = row
        if self._resting:
            first_ms = min(row["created_ms"] for row in self._resting.values())
            for row in self.store.rows("fills", first_ms):
                self._note(row)

    def sent(self, order: Any, status: Any, now_ms: int) -> None:
        """Follow an order that was answered, if it rests."""
        if status.status in LIVE:
            row = {**row_of(order), **row_of(status), "created_ms": now_ms}
            self._resting[order.client_id] = row

    def edited(self, client_id: str, size: Decimal, stop_price: Decimal) -> None:
        """Take in that a resting order was changed."""
        if client_id in self._resting:
            row = {**self._resting[client_id], "size": size, "stop_price": stop_price}
            self._resting[client_id] = row
            with self._told():
                self.store.insert("orders", row)

    def cancelled(self, client_id: str) -> None:
        """Take in that an order was cancelled; what it had filled by then counts."""
        if client_id in self._resting:
            with self._told():
                self._end(client_id, self._resting.pop(client_id))

    def note(self, fills: Iterable[Any]) -> None:
        """Count fills; one of an order that is gone mends its row."""
        with self._told():
            for fill in fills:
                client_id = fill.client_id
                self._note(row_of(fill))
                if client_id in self._ended:
                    self._end(client_id, self._ended[client_id])

    def look(self, orders: Iterable[Any]) -> None:
        """Take in the orders that rest now."""
        with self._told():
            there = {o.client_id: o for o in orders if self._is_ours(o.client_id)}
            for client_id, order in there.items():
                self._rests(client_id, order)
            for client_id in [name for name in self._resting if name not in there]:
                self._end(client_id, self._resting.pop(client_id))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            self.tell("trouble", part="orders", error=words)

    def _rests(self, client_id: str, order: Any) -> None:
        seen = {name: getattr(order, name) for name in _SEEN}
        seen["filled"] = order.filled
        seen["status"] = "partial" if order.filled else "open"
        before = self._resting.get(client_id)
        if before is None:
            before = {"client_id": client_id, "created_ms": order.created_ms}
        elif all(before.get(name) == value for name, value in seen.items()):
            return
        self._resting[client_id] = row = {**before, **seen}
        self.store.insert("orders", row)

    def _end(self, client_id: str, row: Row) -> None:
        fills = self._fills.get(client_id, {}).values()
        filled = sum((size for size, _ in fills), ZERO)
        row = {**row, "filled": filled, "status": "cancelled"}
        if filled:
            row["average_price"] = sum(s * p for s, p in fills) / filled
        if filled >= row["size"]:
            row["status"] = "filled"
        self._ended[client_id] = row
        self.store.insert("orders", row)
        for name in [*self._ended][:-ENDED_KEPT]:
            del self._ended[name]
            self._fills.pop(name, None)

    def _note(self, fill: Row) -> None:
        client_id = fill["client_id"]
        if client_id in self._resting or client_id in self._ended:
            known = self._fills.setdefault(client_id, {})
            known[fill["fill_id"]] = fill["size"], fill["price"]

    def _is_ours(self, client_id: str) -> bool:
        known = self._ours.get(client_id)
        if known is None:
            if len(self._ours) > 10 * ENDED_KEPT:
                self._ours.clear()
            known = bool(self.modules["order_purpose"](client_id))
            self._ours[client_id] = known
        return known
