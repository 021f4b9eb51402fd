"""Entries that were sent and that positions and open orders may not show yet.

Readings lag behind the answers to orders, and of an order whose answer was lost nobody
knows whether it was carried out. Neither may be taken for nothing: an entry counts as
open until a reading shows it, the exchange says that it never came, or an answered one
is old enough to be shown if it is there.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.limiter import RESTART_MS
from core.trading.gateway.order import Order
from core.trading.gateway.sent_entries import Sent

ZERO = Decimal(0)
_ENDED = frozenset({"filled", "cancelled", "rejected"})
# So long after it was sent an order may be carried out: what is told of it later is old.
FLIGHT_MS = 60_000


@dataclass
class _Entry:
    """`before` is the symbol's signed position as last read before it was sent.

    `rests` says whether it may fill later; `told_ms` is None while its fate is not known;
    `late` says that a reading that began after its end did not show its position.
    `is_earlier` says that a gateway before this one sent it.
    """

    order: Order
    before: Decimal
    sent_ms: int
    is_earlier: bool = False
    told_ms: int | None = None
    rests: bool = True
    late: bool = False


class Unseen:
    """Entries by client id. Thread-safe. `lag_ms` is of the exchange's time."""

    def __init__(self, adapter: Adapter, lag_ms: int) -> None:
        self._adapter, self._lag_ms = adapter, lag_ms
        self._sent: dict[str, _Entry] = {}
        self._ended: set[str] = set()
        self._lock = threading.Lock()

    def add(self, order: Order, before: Decimal) -> None:
        """Count an entry that is about to be sent."""
        with self._lock:
            now_ms = self._adapter.now_ms()
            self._sent[order.client_id] = _Entry(order, before, now_ms)

    def add_earlier(self, sent: Sent) -> None:
        """Count one that a gateway before this one sent, if that is no longer ago than a
        position takes to be shown.
        """
        if sent.order is not None:
            entry = _Entry(sent.order, sent.before, sent.sent_ms, is_earlier=True)
            with self._lock:
                self._sent[sent.order.client_id] = entry

    def told(self, client_id: str, row: Row | None) -> None:
        """Take what became of one: its OrderStatus row, None if it never came."""
        with self._lock:
            sent = self._sent.get(client_id)
            if sent is None:
                return
            if row is None or (row["status"] in _ENDED and not row["filled"]):
                del self._sent[client_id]
                return
            sent.told_ms = self._adapter.now_ms()
            if row["status"] in _ENDED:
                # A position is at risk from the mark, whatever its entry might have paid.
                sent.order = replace(
                    sent.order, size=row["filled"], limit_price=None, stop_price=None
                )
                sent.rests = False

    def closing(self, symbol: str) -> set[str]:
        """Count answered entries of a symbol no more: an order makes its position smaller.

        Returns the client ids of those whose fate is not known.
        """
        with self._lock:
            mine = [k for k, sent in self._sent.items() if sent.order.symbol == symbol]
            unknown = {k for k in mine if self._sent[k].told_ms is None}
            for client_id in set(mine) - unknown:
                del self._sent[client_id]
            return unknown

    def orders(self) -> list[Order]:
        """Return what counts as open, each as it was or may be filled, without what is late."""
        with self._lock:
            return [sent.order for sent in self._sent.values() if not sent.late]

    def late(self) -> dict[str, Decimal]:
        """Return the signed positions by symbol that the last reading does not show yet. Its
        orders tell which stops rest for them: they may have been lost since.
        """
        with self._lock:
            found: dict[str, Decimal] = {}
            for sent in (s for s in self._sent.values() if s.late):
                before = found.get(sent.order.symbol, sent.before)
                found[sent.order.symbol] = before + _signed(sent.order)
            return found

    def ask(self) -> None:
        """Ask the exchange what became of those of which nobody knows. Errors rise."""
        now_ms = self._adapter.now_ms()
        with self._lock:
            self._step_back(now_ms)
            unknown = {k: s for k, s in self._sent.items() if s.told_ms is None}
            for client_id, sent in unknown.items():
                if sent.is_earlier and self._is_past(sent.sent_ms, now_ms):
                    del self._sent[client_id]
        for client_id in [k for k in unknown if k in self._sent]:
            self.told(client_id, self._adapter.order(client_id))
        with self._lock:
            for client_id in unknown.keys() & self._sent.keys():
                sent = self._sent[client_id]
                if sent.told_ms is not None:
                    sent.told_ms = min(sent.told_ms, sent.sent_ms + FLIGHT_MS)
            self._ended = {k for k, sent in self._sent.items() if _is_filled(sent)}

    def compare(
        self, positions: Sequence[Row], orders: Sequence[Row], at_ms: int
    ) -> None:
        """Forget what a reading shows, and what it would show if it were there; `at_ms` is
        when the reading began.
        """
        held = {row["symbol"]: row["size"] for row in positions}
        resting = {row["client_id"] for row in orders}
        with self._lock:
            self._step_back(at_ms)
            shown = [k for k in self._sent if k in resting] + self._filled(held)
            late = [
                client_id
                for client_id, sent in self._sent.items()
                # What was answered while it was read comes after its begin.
                if self._is_past(sent.told_ms, at_ms)
            ]
            for client_id in {*shown, *late}:
                del self._sent[client_id]
            for client_id in self._ended & self._sent.keys():
                self._sent[client_id].late = True

    def _step_back(self, now_ms: int) -> None:
        """Count anew from now what a clock that has stepped back says is of later: one wrong
        answer may have told a time that is far ahead.
        """
        latest_ms = now_ms + RESTART_MS
        for sent in self._sent.values():
            if sent.told_ms is not None and sent.told_ms > latest_ms:
                sent.told_ms = now_ms
            if sent.sent_ms > latest_ms:
                sent.sent_ms = now_ms

    def _is_past(self, since_ms: int | None, now_ms: int) -> bool:
        """Tell whether what is there since then would be shown by now."""
        return since_ms is not None and now_ms - since_ms > self._lag_ms

    def _filled(self, held: dict[str, Decimal]) -> list[str]:
        """Return the filled entries whose symbol's position is as large as they made it."""
        found: list[str] = []
        for symbol in {sent.order.symbol for sent in self._sent.values()}:
            mine = {k: s for k, s in self._sent.items() if s.order.symbol == symbol}
            first = next(iter(mine.values()))
            ended = {k: s for k, s in mine.items() if s.told_ms is not None}
            wanted = first.before + sum(
                (_signed(s.order) for s in ended.values() if not s.rests), ZERO
            )
            size = held.get(symbol, ZERO)
            if wanted * size >= 0 and abs(size) >= abs(wanted):
                found += [k for k, s in ended.items() if not s.rests]
        return found


def _is_filled(sent: _Entry) -> bool:
    return sent.told_ms is not None and not sent.rests


def _signed(order: Order) -> Decimal:
    return order.size if order.side == "buy" else -order.size
