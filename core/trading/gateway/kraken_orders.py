"""Turns what Kraken says about orders, in three dialects, into OrderStatus fields.

sendorder and cancelorder tell events, openorders tells what rests, orders/status tells
the last seconds; the history has its own module, `kraken_history`. Pure: no calls.
A filled amount is the sum of distinct executions, never a running total.
"""

from __future__ import annotations

from decimal import Decimal

from core.trading.gateway.adapter import Row
from core.trading.gateway.answers import Node
from core.trading.gateway.kraken_rows import symbol
from core.trading.gateway.order import IMMEDIATE, Order
from core.trading.gateway.order_state import state, weighed
from core.trading.gateway.order_words import RESTING_KINDS

_ACCEPTED = frozenset({"placed", "partiallyFilled", "filled"})
_EVENTS = ("place", "execution", "edit", "cancel", "reject")
_RECENT = {
    "ENTERED_BOOK": "open",
    "TRIGGER_PLACED": "open",
    "FULLY_EXECUTED": "filled",
    "REJECTED": "rejected",
    "TRIGGER_ACTIVATION_FAILURE": "rejected",
    "CANCELLED": "cancelled",
}


def placed(send: Node, order: Order) -> Row:
    """Return the OrderStatus of an accepted order from its sendStatus.

    MalformedAnswer if the status is not one that says accepted, or the events do not add up.
    """
    status = send.text("status")
    if status not in _ACCEPTED:
        raise send.refuse(f"status {status!r:.80} is unknown")
    events = send.rows("orderEvents")
    filled, average = _executed(events)
    if filled > order.size:
        raise send.refuse(f"executions of {filled} for an order of {order.size}")
    ended = any(_kind(event) == "cancel" for event in events)
    if order.kind in IMMEDIATE and not filled and not ended:
        raise send.refuse("an immediate order with neither execution nor refusal")
    return {
        "client_id": order.client_id,
        "order_id": send.text("order_id"),
        "symbol": order.symbol,
        "side": order.side,
        "status": state(order.size, filled, ended=ended or order.kind in IMMEDIATE),
        "size": order.size,
        "filled": filled,
        "average_price": average,
        "reason": "",
    }


def _executed(events: list[Node]) -> tuple[Decimal, Decimal | None]:
    amounts: dict[str, tuple[Decimal, Decimal]] = {}
    for event in events:
        if _kind(event) == "execution":
            execution = (event.positive("amount"), event.positive("price"))
            amounts[event.text("executionId")] = execution
    return weighed(list(amounts.values()))


def _kind(event: Node) -> str:
    return event.choice("type", *_EVENTS)


def resting(row: Node) -> Row:
    """Return OpenOrder fields of a row of openorders."""
    unfilled, filled = (
        row.number("unfilledSize", least=0),
        row.number("filledSize", least=0),
    )
    row.text("status")
    return {
        "client_id": row.text("cliOrdId") if row.has("cliOrdId") else "",
        "order_id": row.text("order_id"),
        "symbol": symbol(row),
        "side": row.choice("side", "buy", "sell"),
        "kind": RESTING_KINDS[row.choice("orderType", *RESTING_KINDS)],
        "size": unfilled + filled,
        "filled": filled,
        "limit_price": row.positive("limitPrice") if row.has("limitPrice") else None,
        "stop_price": row.positive("stopPrice") if row.has("stopPrice") else None,
        "reduce_only": row.flag("reduceOnly"),
        "created_ms": row.time_ms("receivedTime"),
    }


def status_of(row: Row) -> Row:
    """Return OrderStatus fields of a resting order's OpenOrder fields."""
    names = ("client_id", "order_id", "symbol", "side", "size", "filled")
    return {
        **{name: row[name] for name in names},
        "status": "partial" if row["filled"] else "open",
        "average_price": None,
        "reason": "",
    }


def recent(row: Node) -> Row:
    """Return a row of orders/status: open orders and those ended seconds ago."""
    status = row.text("status")
    if status not in _RECENT:
        raise row.refuse(f"status {status!r:.80} is unknown")
    order = row.node("order")
    if order.has("type") and order.text("type") == "TRIGGER_ORDER":
        found = _waiting(order, "orderId", "cliOrdId")
    else:
        found = _told(order, status)
    word = _RECENT[status]
    if word == "open" and found["filled"]:
        word = "partial"
    reason = row.get("updateReason") if row.has("updateReason") else ""
    # In lower case, as the history tells the same reason seconds later.
    return {**found, "status": word, "reason": str(reason).lower()}


def cancelled(cancel: Node) -> Row:
    """Return the OrderStatus from a cancelStatus that says cancelled."""
    for event in cancel.rows("orderEvents"):
        if _kind(event) == "cancel":
            if event.has("orderTrigger"):
                return _waiting(event.node("orderTrigger"), "uid", "clientId")
            return _told(event.node("order"), "cancelled")
    raise cancel.refuse("no CANCEL event")


def edited(edit: Node) -> Row:
    """Return the OrderStatus from an editStatus that says edited."""
    events = edit.rows("orderEvents")
    changed = [event for event in events if _kind(event) == "edit"]
    if len(changed) != 1:
        raise edit.refuse(f"{len(changed)} EDIT events, not one")
    row = _told(changed[0].node("new"), "open")
    # The order in the event is as it stood before what it then executed.
    executed, average = _executed(events)
    filled = row["filled"] + executed
    return {
        **row,
        "filled": filled,
        "status": state(row["size"], filled, ended=False),
        "average_price": average if executed == filled else None,
    }


def _told(order: Node, status: str) -> Row:
    row = _waiting(order, "orderId", "cliOrdId")
    return {**row, "status": status, "filled": order.number("filled", least=0)}


def _waiting(order: Node, id_key: str, client_key: str) -> Row:
    """Read an order that has not been triggered, so that nothing of it can be filled."""
    return {
        "client_id": order.text(client_key) if order.has(client_key) else "",
        "order_id": order.text(id_key),
        "symbol": symbol(order),
        "side": order.choice("side", "buy", "sell"),
        "status": "cancelled",
        "size": order.number("quantity", least=0),
        "filled": Decimal(0),
        "average_price": None,
        "reason": "",
    }
