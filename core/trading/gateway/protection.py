"""Sends an entry and its stop in one request, so that no death leaves it naked.

Whoever dies after the request was sent, runtime, gateway or this machine, the stop rests
at the exchange beside the position. What is left to do here is to mend the two ways in
which the pair can come apart: an entry that was refused takes its stop back, and a
stop that was refused takes its entry back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal

from core.errors import DuplicateOrder, ExchangeError, OrderRejected, OutcomeUnknown
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.order import Order

_UNDO_SUFFIX = "-undo"


def place_protected(
    adapter: Adapter, order: Order, in_doubt: Callable[[], object] = lambda: None
) -> Row:
    """Send an order with its stop; return the order's status.

    `in_doubt` is called when nobody knows whether the stop rests.

    OrderRejected also when the stop was refused and the entry was taken back for it.
    OutcomeUnknown when that is not certain: then the position may be without its stop.
    """
    stop = order.protection()
    entry_answer, stop_answer = adapter.place_all([order, stop])
    if isinstance(entry_answer, ExchangeError):
        if _never_came(entry_answer):
            _take_back_stop(adapter, stop)
        raise entry_answer
    if _ended_empty(entry_answer):
        _take_back_stop(adapter, stop)
        return entry_answer
    if _is_refused(stop_answer):
        raise _taken_back(adapter, order, entry_answer, str(stop_answer))
    if isinstance(stop_answer, ExchangeError):
        in_doubt()
    return entry_answer


def _never_came(error: ExchangeError) -> bool:
    return not isinstance(error, (DuplicateOrder, OutcomeUnknown))


def _ended_empty(row: Row) -> bool:
    return row["status"] == "cancelled" and not row["filled"]


def _is_refused(answer: Row | ExchangeError) -> bool:
    # A duplicate is there already; of an unknown one the loop finds out by open_orders.
    return isinstance(answer, ExchangeError) and _never_came(answer)


def _take_back_stop(adapter: Adapter, stop: Order) -> None:
    # Reduce-only and without a position: if this fails it does no harm until the next
    # reconciliation, which cancels stops that protect nothing.
    with contextlib.suppress(ExchangeError):
        adapter.cancel(stop.client_id)


def _taken_back(adapter: Adapter, order: Order, entry: Row, why: str) -> ExchangeError:
    filled: Decimal = entry["filled"]
    try:
        if entry["status"] in {"open", "partial"}:
            told = adapter.cancel(order.client_id) or adapter.order(order.client_id)
            filled = told["filled"] if told else filled
        if filled:
            adapter.place(_undo(order, filled))
    except ExchangeError as error:
        return OutcomeUnknown(
            f"{order.client_id}: its stop was refused ({why}), and taking it back failed:"
            f" {error}",
            hint="the position may be without a stop: place one, or close it",
        )
    return OrderRejected(f"its stop was refused ({why}), so it was taken back")


def _undo(order: Order, size: Decimal) -> Order:
    return Order(
        client_id=order.client_id + _UNDO_SUFFIX,
        symbol=order.symbol,
        side="sell" if order.side == "buy" else "buy",
        size=size,
        kind="market",
        limit_price=None,
        stop_price=None,
        reduce_only=True,
    )
