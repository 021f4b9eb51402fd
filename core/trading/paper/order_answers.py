"""Orders, their events and fills in Kraken's words."""

from __future__ import annotations

from core.trading.paper.orders import Event, Fill, Order, OrderState
from core.trading.paper.requests import Outcome
from core.trading.paper.wire import Plain, iso

_SIGNALS = {"mark": "mark_price", "last": "last_price", "spot": "spot_price"}
_STATUS = {
    OrderState.OPEN: "ENTERED_BOOK",
    OrderState.WAITING: "TRIGGER_PLACED",
    OrderState.FILLED: "FULLY_EXECUTED",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.REJECTED: "REJECTED",
}


def order_row(order: Order) -> Plain:
    """Return an order as events carry it."""
    return {
        "orderId": order.order_id,
        "cliOrdId": order.client_id,
        # A market order is an immediate one with a limit, and is reported as that.
        "type": "ioc" if order.kind == "mkt" else order.kind,
        "symbol": order.symbol,
        "side": order.side,
        "quantity": order.size,
        "filled": order.filled,
        "limitPrice": order.limit_price,
        "stopPrice": order.stop_price,
        "reduceOnly": order.reduce_only,
        "timestamp": iso(order.time_ms),
        "lastUpdateTimestamp": iso(order.updated_ms),
    }


def trigger_row(order: Order) -> Plain:
    """Return an order that waits for its trigger."""
    return {
        "uid": order.order_id,
        "clientId": order.client_id,
        "type": "ioc" if order.limit_price is None else "lmt",
        "symbol": order.symbol,
        "side": order.side,
        "quantity": order.size,
        "limitPrice": order.limit_price,
        "triggerPrice": order.stop_price,
        "triggerSide": "trigger_above" if order.triggers_above else "trigger_below",
        "triggerSignal": _SIGNALS.get(order.trigger_signal, "mark_price"),
        "reduceOnly": order.reduce_only,
        "timestamp": iso(order.time_ms),
        "lastUpdateTimestamp": iso(order.updated_ms),
    }


def event_row(event: Event) -> Plain | None:
    """Return one of `orderEvents`; None for what Kraken does not report there."""
    order = event.order
    if event.kind == "EXECUTION" and event.fill is not None:
        return {
            "type": "EXECUTION",
            "executionId": event.fill.fill_id,
            "price": event.fill.price,
            "amount": event.fill.size,
            "orderPriorEdit": None,
            "orderPriorExecution": order_row(event.fill.order),
            "takerReducedQuantity": None,
        }
    if event.kind == "EDIT" and event.before is not None:
        rows = {"old": order_row(event.before), "new": order_row(order)}
        return {"type": "EDIT", **rows, "reducedQuantity": None}
    if event.kind == "PLACE" and order.state is OrderState.WAITING:
        return {"type": "PLACE", "orderTrigger": trigger_row(order)}
    if event.kind == "PLACE":
        return {"type": "PLACE", "order": order_row(order), "reducedQuantity": None}
    if event.kind in ("CANCEL", "REJECT"):
        row = {"type": event.kind, "uid": order.order_id, "order": order_row(order)}
        return row | ({"reason": event.reason} if event.kind == "REJECT" else {})
    return None


def event_rows(events: list[Event]) -> list[Plain]:
    """Return the reported ones of some events."""
    return [row for row in map(event_row, events) if row is not None]


def send_status(outcome: Outcome, now_ms: int) -> Plain:
    """Return `sendStatus` for a new order."""
    status: Plain = {"status": outcome.status, "receivedTime": iso(now_ms)}
    if outcome.order is not None:
        status["order_id"] = outcome.order.order_id
        if outcome.order.client_id is not None:
            status["cliOrdId"] = outcome.order.client_id
    return {**status, "orderEvents": event_rows(outcome.events)}


def change_status(outcome: Outcome, now_ms: int) -> Plain:
    """Return `cancelStatus` or `editStatus` for one order."""
    status = send_status(outcome, now_ms)
    if outcome.order is not None:
        status["orderId"] = outcome.order.order_id
    return status


def cancel_all_status(outcome: Outcome, now_ms: int, only: str) -> Plain:
    """Return `cancelStatus` for many orders."""
    return {
        "receivedTime": iso(now_ms),
        "cancelOnly": only,
        "status": outcome.status,
        "cancelledOrders": [_ids(event.order) for event in outcome.events],
        "orderEvents": event_rows(outcome.events),
    }


def open_order(order: Order) -> Plain:
    """Return one of `openOrders`."""
    waiting = order.state is OrderState.WAITING
    row: Plain = {
        "order_id": order.order_id,
        "cliOrdId": order.client_id,
        "symbol": order.symbol,
        "side": order.side,
        "orderType": order.kind,
        "limitPrice": order.limit_price,
        "unfilledSize": order.remaining,
        "filledSize": order.filled,
        "receivedTime": iso(order.time_ms),
        "status": "partiallyFilled" if order.filled else "untouched",
        "reduceOnly": order.reduce_only,
        "lastUpdateTime": iso(order.updated_ms),
    }
    if waiting:
        row |= {"stopPrice": order.stop_price, "triggerSignal": order.trigger_signal}
    return {key: value for key, value in row.items() if value is not None}


def order_status(order: Order) -> Plain:
    """Return one of `orders` of orders/status."""
    row: Plain = {"type": "ORDER", **order_row(order)}
    if order.state is OrderState.WAITING:
        options = {
            "triggerPrice": order.stop_price,
            "triggerSide": trigger_row(order)["triggerSide"].upper(),
            "triggerSignal": trigger_row(order)["triggerSignal"].upper(),
        }
        row |= {"type": "TRIGGER_ORDER", "priceTriggerOptions": options}
    reason = order.reason.upper() or None
    status = _STATUS[order.state]
    return {"order": row, "status": status, "updateReason": reason, "error": None}


def fill_row(fill: Fill) -> Plain:
    """Return one of `fills`; it carries no fee, as Kraken's do not."""
    row = {
        "fill_id": fill.fill_id,
        "order_id": fill.order.order_id,
        "cliOrdId": fill.order.client_id,
        "symbol": fill.order.symbol,
        "side": fill.order.side,
        "size": fill.size,
        "price": fill.price,
        "fillTime": iso(fill.time_ms),
        "fillType": fill.role,
    }
    return {key: value for key, value in row.items() if value is not None}


def _ids(order: Order) -> Plain:
    ids = {"order_id": order.order_id, "cliOrdId": order.client_id}
    return {key: value for key, value in ids.items() if value is not None}
