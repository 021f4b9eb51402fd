"""Reads the events of Kraken's order and trigger history. Pure: no calls.

The history tells an order's life in events, after its end too. Whether `quantity` counts
the filled part differs between events, so the size is taken where both readings agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.trading.gateway.adapter import Row
from core.trading.gateway.answers import Node

_BODY = {
    "OrderPlaced": "order",
    "OrderUpdated": "newOrder",
    "OrderCancelled": "order",
    "OrderRejected": "order",
}
_TRIGGER_BODY = {
    "OrderTriggerPlaced": "order",
    "OrderTriggerUpdated": "newOrderTrigger",
    "OrderTriggerActivated": "order",
    "OrderTriggerCancelled": "order",
}
_WORDS = {
    "OrderPlaced": "placed",
    "OrderUpdated": "changed",
    "OrderCancelled": "cancelled",
    "OrderRejected": "rejected",
    "OrderTriggerPlaced": "placed",
    "OrderTriggerUpdated": "changed",
    "OrderTriggerActivated": "triggered",
    "OrderTriggerCancelled": "cancelled",
}
# Kraken's documents give one name in one version and another in the next.
_OTHER_NAME = {"newOrderTrigger": "newOrder"}
# Answers to requests that changed nothing.
_STATELESS = ("OrderNotFound", "OrderEditRejected", "OrderTriggerEditRejected")
_KNOWN = frozenset((*_BODY, *_TRIGGER_BODY, *_STATELESS))
_ENDED = ("OrderCancelled", "OrderTriggerCancelled")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its kind, its reason and the order after it."""

    time_ms: int
    kind: str
    reason: str
    order_id: str
    client_id: str
    symbol: str
    side: str
    filled: Decimal
    # (quantity, filled) of the order after the event and, where it is told, before it.
    states: tuple[tuple[Decimal, Decimal], ...]

    @property
    def rejects(self) -> bool:
        """Tell whether the order was refused."""
        return self.kind == "OrderRejected"

    @property
    def ends(self) -> bool:
        """Tell whether the order ended with it, other than by its last fill."""
        return self.rejects or self.kind in _ENDED


def event_row(e: Event) -> Row:
    """Return OrderEvent fields."""
    names = ("time_ms", "client_id", "order_id", "symbol", "side", "filled", "reason")
    return {**{n: getattr(e, n) for n in names}, "kind": _WORDS[e.kind]}


def event(element: Node, client_id: str | None = None) -> Event | None:
    """Read one element; None for kinds that tell no order state and, if a client id is
    given, for other orders: those need not be readable, nor of a kind that is known.
    """
    body = element.node("event")
    if client_id is not None and _is_another(body, client_id):
        return None
    found = _read(body, element.time_ms("timestamp"))
    if found is not None and client_id not in (None, found.client_id):
        return None
    return found


def _read(body: Node, time_ms: int) -> Event | None:
    for kind, key in _BODY.items():
        if body.has(kind):
            told = body.node(kind)
            states = [_state(told.node(key))]
            if told.has("oldOrder"):
                states.append(_state(told.node("oldOrder")))
            return _event(time_ms, kind, told, key, states)
    for kind, key in _TRIGGER_BODY.items():
        if body.has(kind):
            told = body.node(kind)
            if not told.has(key):
                key = _OTHER_NAME.get(key, key)
            quantity = told.node(key).number("quantity", least=0)
            return _event(time_ms, kind, told, key, [(quantity, Decimal(0))])
    if not any(body.has(kind) for kind in _STATELESS):
        raise body.refuse(f"an event of no known kind: {sorted(body.data)!r:.80}")
    return None


def size(events: list[Event]) -> Decimal | None:
    """Return the size that was ordered, None if there are no events."""
    states = [state for e in events for state in e.states]
    for quantity, filled in states:
        if not filled:
            return quantity
    for e in events:
        if not e.states[0][0] or e.reason == "full_fill":
            return e.filled
    return max((quantity + filled for quantity, filled in states), default=None)


def _is_another(body: Node, client_id: str) -> bool:
    """Tell whether an event is of another order: it tells of one, or is of a kind that is
    not known, and names the client id nowhere. What is broken may be ours.
    """
    if _names(body.data, client_id):
        return False
    for kind, told in body.data.items():
        if isinstance(told, dict):
            of_order = any(isinstance(value, dict) for value in told.values())
            return of_order or kind not in _KNOWN
    return False


def _names(value: Any, client_id: str) -> bool:
    if isinstance(value, dict):
        return any(_names(below, client_id) for below in value.values())
    if isinstance(value, list):
        return any(_names(below, client_id) for below in value)
    return bool(value == client_id)


def _state(order: Node) -> tuple[Decimal, Decimal]:
    return order.number("quantity", least=0), order.number("filled", least=0)


def _event(
    time_ms: int,
    kind: str,
    body: Node,
    key: str,
    states: list[tuple[Decimal, Decimal]],
) -> Event:
    order = body.node(key)
    return Event(
        time_ms=time_ms,
        kind=kind,
        reason=str(body.data.get("reason") or ""),
        order_id=order.text("uid"),
        client_id=order.text("clientId") if order.data.get("clientId") else "",
        symbol=order.text("tradeable").upper(),
        side=order.choice("direction", "buy", "sell"),
        filled=states[0][1],
        states=tuple(states),
    )
