"""The engine's orders, fills and log entries as fields of the port's records."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.trading.gateway.adapter import Row
from core.trading.gateway.order_state import state, weighed
from core.trading.gateway.order_words import RESTING_KINDS
from core.trading.paper.books import LedgerRow
from core.trading.paper.orders import TRIGGERED, Event, Fill, Order, OrderState

_DONE = {
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "cancelled",
    OrderState.REJECTED: "rejected",
}
_CHANGES = {
    "PLACE": "placed",
    "EDIT": "changed",
    "EXECUTION": "changed",
    "CANCEL": "cancelled",
    "REJECT": "rejected",
}


def status_row(order: Order, fills: Sequence[Fill] = ()) -> Row:
    """Return OrderStatus fields; `fills` are the order's own, as far as they are known."""
    word = _DONE.get(order.state) or state(order.size, order.filled, ended=False)
    return {
        "client_id": order.client_id or "",
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "status": word,
        "size": order.size,
        "filled": order.filled,
        "average_price": weighed([(fill.size, fill.price) for fill in fills])[1],
        "reason": "",
    }


def fill_row(fill: Fill) -> Row:
    """Return Fill fields."""
    return {
        "fill_id": fill.fill_id,
        "order_id": fill.order.order_id,
        "client_id": fill.order.client_id or "",
        "symbol": fill.order.symbol,
        "side": fill.order.side,
        "size": fill.size,
        "price": fill.price,
        "time_ms": fill.time_ms,
    }


def ledger_row(row: LedgerRow) -> Row:
    """Return LedgerEntry fields of the cash entry of a row of the engine's log."""
    return {
        "entry_id": 2 * row.row_id - 1,
        "time_ms": row.time_ms,
        "kind": row.kind,
        "symbol": row.symbol,
        "fee_usd": row.fee_usd,
        "realised_usd": row.realised_usd,
        "funding_usd": row.funding_usd,
        "transfer_usd": row.transfer_usd,
        "balance_usd": row.balance_usd,
    }


def open_row(order: Order) -> Row:
    """Return OpenOrder fields."""
    waits = order.state is OrderState.WAITING
    return {
        "client_id": order.client_id or "",
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "kind": RESTING_KINDS[order.kind],
        "size": order.size,
        "filled": order.filled,
        "limit_price": order.limit_price,
        "stop_price": order.stop_price if waits else None,
        "reduce_only": order.reduce_only,
        "created_ms": order.time_ms,
    }


def event_rows(events: Sequence[Event]) -> list[Row]:
    """Return OrderEvent fields, in order of time; of one moment, those of triggers first."""
    woken = [e for e in events if e.kind == "TRIGGER"]
    waiting = [e for e in events if e.kind != "TRIGGER" and e.order.kind in TRIGGERED]
    others = [e for e in events if e.kind == "TRIGGER" or e.order.kind not in TRIGGERED]
    rows = [_event_row(e, _CHANGES[e.kind], _trigger_reason(e)) for e in waiting]
    rows += [_event_row(e, "triggered", "") for e in woken]
    # A trigger that wakes becomes an order.
    rows += [_event_row(e, _CHANGES.get(e.kind, "placed"), _reason(e)) for e in others]
    return sorted(rows, key=lambda row: int(row["time_ms"]))


def _event_row(event: Event, kind: str, reason: str) -> Row:
    order = event.order
    return {
        "time_ms": event.time_ms,
        "kind": kind,
        "client_id": order.client_id or "",
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "filled": order.filled,
        "reason": reason,
    }


def _trigger_reason(event: Event) -> str:
    return "new_user_order" if event.kind == "PLACE" else event.reason


def _reason(event: Event) -> str:
    if event.kind == "EXECUTION":
        return "partial_fill" if event.order.remaining else "full_fill"
    if event.kind == "EDIT":
        return "edited_by_user"
    return event.reason or "new_user_order"


def sent(value: Decimal) -> Decimal:
    """Return a figure as it is after it was a JSON number: cut to a double."""
    return Decimal(repr(float(value)))
