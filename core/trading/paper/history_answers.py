"""The history API: order events, executions and position updates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import itemgetter

from core.trading.paper.books import LedgerRow
from core.trading.paper.orders import TRIGGERED, Event, Order
from core.trading.paper.wire import Plain, read_time_ms

ACCOUNT = "5f9b5c7e-2d0f-4a54-9d0a-0c6d1f6b7a11"
_DEFAULT_COUNT = 500
_MOST = 100_000
_KINDS = {
    "lmt": "Limit",
    "post": "Post",
    "mkt": "Market",
    "ioc": "IoC",
    "fok": "FillOrKill",
    "stp": "Stop",
    "take_profit": "TakeProfit",
    "trailing_stop": "TrailingStop",
}


def page(rows: Sequence[tuple[int, Plain]], args: Mapping[str, str]) -> list[Plain]:
    """Return rows by since, before, sort and count; newest first unless sort is asc.

    rows are (time_ms, row), oldest first. ValueError: a time or number cannot be read.
    """
    first, last = 0, len(rows)
    if "since" in args:
        first = bisect_left(rows, read_time_ms(args["since"]), key=itemgetter(0))
    if "before" in args:
        last = bisect_left(rows, read_time_ms(args["before"]), key=itemgetter(0))
    count = max(0, min(int(args.get("count", _DEFAULT_COUNT)), _MOST))
    if args.get("sort", "desc") == "asc":
        return [row for _, row in rows[first : min(last, first + count)]]
    return [row for _, row in rows[max(first, last - count) : last]][::-1]


def order_events(events: Sequence[Event], args: Mapping[str, str]) -> list[Plain]:
    """Return `elements` of the order history."""
    rows = [row for row in map(_order_event, events) if row is not None]
    return page([(int(row["timestamp"]), row) for row in rows], args)


def trigger_events(events: Sequence[Event], args: Mapping[str, str]) -> list[Plain]:
    """Return `elements` of the trigger history."""
    rows = [row for row in map(_trigger_event, events) if row is not None]
    return page([(int(row["timestamp"]), row) for row in rows], args)


def executions(ledger: Sequence[LedgerRow], args: Mapping[str, str]) -> list[Plain]:
    """Return `elements` of the account's own executions."""
    rows = [_execution(row) for row in ledger if row.fill is not None]
    return page([(int(row["timestamp"]), row) for row in rows], args)


def position_updates(
    ledger: Sequence[LedgerRow], args: Mapping[str, str]
) -> list[Plain]:
    """Return `elements` of the position history: the changes that are asked for."""
    wanted = {
        name
        for name in ("opened", "closed", "increased", "decreased", "reversed")
        if args.get(name, "").lower() == "true"
    }
    rows = [_position_update(row) for row in ledger if row.fill is not None]
    rows = [row for row in rows if not wanted or _change_word(row) in wanted]
    if "tradeable" in args:
        rows = [row for row in rows if _update(row)["tradeable"] == args["tradeable"]]
    return page([(int(row["timestamp"]), row) for row in rows], args)


def history_order(order: Order) -> Plain:
    """Return an order as the history tells it."""
    return {
        "uid": order.order_id,
        "accountUid": ACCOUNT,
        "tradeable": order.symbol,
        "direction": "Buy" if order.is_buy else "Sell",
        "quantity": str(order.size),
        "filled": str(order.filled),
        "timestamp": str(order.time_ms),
        "limitPrice": str(order.limit_price or 0),
        "orderType": _KINDS[order.kind],
        "clientId": order.client_id or "",
        "reduceOnly": order.reduce_only,
        "lastUpdateTimestamp": str(order.updated_ms),
    }


def _element(event: Event, body: Plain) -> Plain:
    uid = event.fill.fill_id if event.fill else f"{event.order.order_id}:{event.kind}"
    return {"uid": uid, "timestamp": str(event.time_ms), "event": body}


def _order_event(event: Event) -> Plain | None:
    if event.kind in ("PLACE", "EDIT", "CANCEL") and _waits(event.order):
        return None
    order = history_order(event.order)
    body: Plain
    if event.kind in ("PLACE", "TRIGGER"):
        body = {"order": order, "reason": "new_user_order", "reducedQuantity": ""}
        return _element(event, {"OrderPlaced": body})
    if event.kind == "EXECUTION" and event.before is not None:
        reason = "partial_fill" if event.order.remaining else "full_fill"
        old = history_order(event.before)
        body = {"oldOrder": old, "newOrder": order, "reason": reason}
        return _element(event, {"OrderUpdated": body})
    if event.kind == "EDIT" and event.before is not None:
        body = {"oldOrder": history_order(event.before), "newOrder": order}
        return _element(event, {"OrderUpdated": body | {"reason": "edited_by_user"}})
    if event.kind == "CANCEL":
        return _element(
            event, {"OrderCancelled": {"order": order, "reason": event.reason}}
        )
    if event.kind == "REJECT":
        return _element(
            event, {"OrderRejected": {"order": order, "reason": event.reason}}
        )
    return None


def _trigger_event(event: Event) -> Plain | None:
    order = history_order(event.order)
    if event.kind == "TRIGGER":
        return _element(event, {"OrderTriggerActivated": {"order": order}})
    if not _waits(event.order):
        return None
    if event.kind == "PLACE":
        body: Plain = {"order": order, "reason": "new_user_order"}
        return _element(event, {"OrderTriggerPlaced": body})
    if event.kind == "EDIT" and event.before is not None:
        old = history_order(event.before)
        body = {"oldOrderTrigger": old, "newOrderTrigger": order}
        return _element(event, {"OrderTriggerUpdated": body})
    if event.kind == "CANCEL":
        body = {"order": order, "reason": event.reason}
        return _element(event, {"OrderTriggerCancelled": body})
    return None


def _waits(order: Order) -> bool:
    return order.kind in TRIGGERED


def _execution(row: LedgerRow) -> Plain:
    fill = row.fill
    if fill is None:
        raise AssertionError("a row without a fill is no execution")
    execution: Plain = {
        "uid": fill.fill_id,
        "order": history_order(fill.order),
        "timestamp": str(fill.time_ms),
        "quantity": str(fill.size),
        "price": str(fill.price),
        "markPrice": str(row.mark_price),
        "limitFilled": fill.role == "maker",
        "usdValue": str(round(fill.size * fill.price, 2)),
        "orderData": {"fee": str(row.fee_usd), "positionSize": str(row.size)},
    }
    body = {"Execution": {"execution": execution, "takerReducedQuantity": ""}}
    return {"uid": fill.fill_id, "timestamp": str(fill.time_ms), "event": body}


def _position_update(row: LedgerRow) -> Plain:
    fill = row.fill
    if fill is None:
        raise AssertionError("a row without a fill is no position update")
    update = {
        "accountUid": ACCOUNT,
        "tradeable": row.symbol,
        "oldPosition": str(row.old_size),
        "oldAverageEntryPrice": str(row.old_entry_price),
        "newPosition": str(row.size),
        "newAverageEntryPrice": str(row.entry_price),
        "fillTime": fill.time_ms,
        "fee": str(row.fee_usd),
        "feeCurrency": "USD",
        "realizedPnL": str(row.realised_usd),
        "positionChange": _change(row.old_size, row.size),
        "executionUid": fill.fill_id,
        "executionPrice": str(fill.price),
        "executionSize": str(fill.size),
        "tradeType": "liquidation" if fill.role == "liquidation" else "userExecution",
        "fundingRealizationTime": fill.time_ms,
        "realizedFunding": str(row.funding_usd),
        "timestamp": fill.time_ms,
        "updateReason": "trade",
    }
    event: Plain = {"PositionUpdate": update}
    return {"uid": fill.fill_id, "timestamp": fill.time_ms, "event": event}


def _update(row: Plain) -> Plain:
    update: Plain = row["event"]["PositionUpdate"]
    return update


def _change(old: Decimal, new: Decimal) -> str:
    if old == 0:
        return "open"
    if new == 0:
        return "close"
    if (old > 0) != (new > 0):
        return "reverse"
    return "increase" if abs(new) > abs(old) else "decrease"


def _change_word(row: Plain) -> str:
    words = {"close": "closed", "open": "opened"}
    change = str(_update(row)["positionChange"])
    return words.get(change, f"{change}d")
