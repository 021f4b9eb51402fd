"""Sends an entry and its stop in one request, so that no death leaves it naked.

Whoever dies after the request was sent, runtime, gateway or this machine, the stop rests
at the exchange beside the position. What is left to do here is to mend the two ways in
which the pair can come apart: an entry that was refused takes its stop back, and a
stop that was refused takes its entry back.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.errors import DuplicateOrder, ExchangeError, OrderRejected, OutcomeUnknown
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.order import Order
from core.trading.ports import STOP_SUFFIX, TAKEN_BACK, UNDO_SUFFIX

# A market order may find only part of what it wants, an id may be used up.
_TRIES = 4
# Between two of them where the exchange was busy or away, seconds for each so far.
_PAUSE_S = 0.25
# Within so long after a gateway's start an entry may be one that was sent before it.
_YOUNG_S = 600.0
# What became of an entry is asked within minutes of it.
_LOOKBACK_MS = 3_600_000
ZERO = Decimal(0)


@dataclass
class Apart:
    """What one gateway knows of pairs that came apart: the ids of stops that were taken back,
    and the coins of entries that were, by their ids. Of those `in_doubt` more may be.
    """

    stops: set[str] = field(default_factory=set)
    entries: dict[str, Decimal] = field(default_factory=dict)
    in_doubt: set[str] = field(default_factory=set)
    born_s: float = field(default_factory=time.monotonic)

    def ask(self, adapter: Adapter, order: Order) -> None:
        """Ask which ids of an entry's stop are used up, while a gateway is young.

        The one before may have taken a stop back, and the entry is sent again: the exchange
        would take it and refuse its stop. ExchangeError: then it is not to be sent.
        """
        if time.monotonic() - self.born_s > _YOUNG_S:
            return
        for _ in range(_TRIES):
            stop_id = _stop(order, self.stops).client_id
            row = adapter.order(stop_id)
            if row is None or row["status"] in ("open", "partial"):
                return
            self.stops.add(stop_id)

    def told(self, adapter: Adapter, row: Row) -> Row:
        """Return an order's status without what was taken back of it.

        The exchange calls such an entry filled, and whoever asks would go on with it. What
        a gateway before this one took back, or one that was not told of it, is in the fills.
        """
        client_id = row["client_id"]
        if not row["filled"] or not client_id:
            return row
        is_known = client_id in self.entries
        back = self.entries.get(client_id, ZERO)
        if not is_known or client_id in self.in_doubt:
            back = max(back, _undone_by_fills(adapter, client_id))
        if not is_known and not back:
            return row
        left = max(row["filled"] - back, ZERO)
        reason = f"its stop was refused, and {back} of it was {TAKEN_BACK}"
        if back:
            row = {**row, "filled": left, "status": "cancelled" if left else "rejected"}
        return {**row, "reason": reason}


def place_protected(
    adapter: Adapter,
    order: Order,
    in_doubt: Callable[[], object] = lambda: None,
    apart: Apart | None = None,
) -> Row:
    """Send an order with its stop; return the order's status.

    `in_doubt` is called when nobody knows whether the stop rests. `apart` is kept up to
    date: an entry that is sent again gets a stop by another id than one that is used up.

    OrderRejected also when the stop was refused and the entry was taken back for it.
    OutcomeUnknown when that is not certain: then the position may be without its stop.
    """
    apart = apart or Apart()
    used = apart.stops
    stop = _stop(order, used)
    entry_answer, stop_answer = adapter.place_all([order, stop])
    if isinstance(entry_answer, ExchangeError):
        if _never_came(entry_answer):
            _take_back_stop(adapter, stop, used)
        raise entry_answer
    if _ended_empty(entry_answer):
        _take_back_stop(adapter, stop, used)
        return entry_answer
    if isinstance(stop_answer, DuplicateOrder):
        stop_answer = _there_or_anew(adapter, order, stop, used)
    if _is_refused(stop_answer):
        raise _taken_back(adapter, order, entry_answer, str(stop_answer), apart)
    if isinstance(stop_answer, ExchangeError):
        in_doubt()
    return entry_answer


def _stop(order: Order, used: set[str]) -> Order:
    """Return the stop of an entry, by the first of its ids that is not used up."""
    stop, number = order.protection(), 1
    while stop.client_id in used:
        number += 1
        stop = replace(stop, client_id=f"{order.client_id}-{number}{STOP_SUFFIX}")
    return stop


def _never_came(error: ExchangeError) -> bool:
    return not isinstance(error, (DuplicateOrder, OutcomeUnknown))


def _ended_empty(row: Row) -> bool:
    return row["status"] == "cancelled" and not row["filled"]


def _is_refused(answer: Row | ExchangeError) -> bool:
    # Of an unknown one the loop finds out by open_orders.
    return isinstance(answer, ExchangeError) and _never_came(answer)


def _there_or_anew(
    adapter: Adapter, order: Order, stop: Order, used: set[str]
) -> Row | ExchangeError:
    """Return the stop whose id is known as it rests, or another one in its place.

    A gateway before this one may have taken it back.
    """
    try:
        for row in adapter.open_orders():
            if row["client_id"] == stop.client_id:
                return row
    except ExchangeError as error:
        return OutcomeUnknown(str(error))
    for _ in range(_TRIES):
        used.add(stop.client_id)
        stop = _stop(order, used)
        try:
            return adapter.place(stop)
        except DuplicateOrder:
            continue
        except ExchangeError as error:
            return error
    return OrderRejected(f"{stop.client_id} and those after it are used up")


def _take_back_stop(adapter: Adapter, stop: Order, used: set[str]) -> None:
    used.add(stop.client_id)
    # Reduce-only and without a position: if this fails it does no harm until the next
    # reconciliation, which cancels stops that protect nothing.
    with contextlib.suppress(ExchangeError):
        adapter.cancel(stop.client_id)


def _taken_back(
    adapter: Adapter, order: Order, entry: Row, why: str, apart: Apart
) -> ExchangeError:
    filled: Decimal = entry["filled"]
    told: Row | None = entry
    apart.in_doubt.add(order.client_id)
    apart.entries[order.client_id] = ZERO
    try:
        if entry["status"] in {"open", "partial"}:
            told = adapter.cancel(order.client_id) or adapter.order(order.client_id)
            filled = max(filled, told["filled"]) if told else filled
        left = _undone(adapter, order, filled, apart)
        if told is None:
            raise OutcomeUnknown("it does not rest, and its end is not told")
    except ExchangeError as error:
        return OutcomeUnknown(
            f"{order.client_id}: its stop was refused ({why}), and taking it back failed:"
            f" {error}",
            hint="the position may be without a stop: place one, or close it",
        )
    if left:
        return OutcomeUnknown(
            f"{order.client_id}: its stop was refused ({why}), and {left} of it could not"
            " be taken back",
            hint="the position is without a stop: place one, or close it",
        )
    apart.in_doubt.discard(order.client_id)
    return OrderRejected(f"its stop was refused ({why}), so it was {TAKEN_BACK}")


def _undone(adapter: Adapter, order: Order, filled: Decimal, apart: Apart) -> Decimal:
    """Sell what an entry has bought, or buy back; return what is left of it."""
    left, number = filled, 1
    for tried in range(1, 1 + _TRIES):
        if not left:
            break
        back = _filled(adapter, _undo(order, left, number))
        # What the exchange does not know may still come: the same id is carried out once.
        number += back is not None
        left -= min(left, back or ZERO)
        if not back and tried < _TRIES:
            time.sleep(_PAUSE_S * tried)
        apart.entries[order.client_id] = filled - left
    return left


def _filled(adapter: Adapter, order: Order) -> Decimal | None:
    """Send an order and return what it filled, asked for where its reply was lost; None
    where the exchange does not know it, or does not tell.
    """
    row: Row | None = None
    with contextlib.suppress(ExchangeError):
        try:
            row = adapter.place(order)
        except (DuplicateOrder, OutcomeUnknown):
            row = adapter.order(order.client_id)
        except OrderRejected:
            return ZERO
    return row["filled"] if row else None


def _undone_by_fills(adapter: Adapter, client_id: str) -> Decimal:
    fills = adapter.fills(max(0, adapter.now_ms() - _LOOKBACK_MS))
    undoing = (f for f in fills if f["client_id"].startswith(client_id + UNDO_SUFFIX))
    return sum((fill["size"] for fill in undoing), ZERO)


def _undo(order: Order, size: Decimal, number: int) -> Order:
    suffix = UNDO_SUFFIX if number == 1 else f"{UNDO_SUFFIX}-{number}"
    return Order(
        client_id=order.client_id + suffix,
        symbol=order.symbol,
        side="sell" if order.side == "buy" else "buy",
        size=size,
        kind="market",
        limit_price=None,
        stop_price=None,
        reduce_only=True,
    )
