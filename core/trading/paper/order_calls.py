"""The private endpoints that change orders: send, batch, edit, cancel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from core.trading.paper.call import BadArgument, Call, decimal_of
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.order_answers import (
    cancel_all_status,
    change_status,
    send_status,
)
from core.trading.paper.orders import Order
from core.trading.paper.refusals import refuses
from core.trading.paper.requests import NewOrder, Outcome
from core.trading.paper.wire import Plain, iso, success

Handler = Callable[[PaperExchange, Call], Plain]
_LIMITED = frozenset({"lmt", "post", "ioc", "fok"})
_STOPPED = frozenset({"stp", "take_profit"})
_SIGNALS = frozenset({"mark", "last", "spot", "index"})


def batch_of(call: Call) -> list[dict[str, Any]]:
    """Return the instructions of a batchorder call; BadArgument if unreadable."""
    text = call.body.removeprefix("json=") or call.args.get("json", "")
    for candidate in (text, unquote_plus(text)):
        try:
            rows = json.loads(candidate)["batchOrder"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
    raise BadArgument("Json Parse Error")


def _send(exchange: PaperExchange, call: Call) -> Plain:
    outcome = _sent(exchange, call, call.args)
    status = send_status(outcome, exchange.now_ms)
    return success(exchange.now_ms, sendStatus=status)


def _sent(exchange: PaperExchange, call: Call, args: Mapping[str, str]) -> Outcome:
    request = _new_order(args)
    if (status := _forced(call, "send", args)) is not None:
        return Outcome(status)
    return exchange.send(request, share=call.take_share)


def _forced(call: Call, does: str, args: Mapping[str, str]) -> str | None:
    """Return the word of a refusal on request that is of this instruction."""
    status = call.forced_status
    if status is None or not refuses(status, call.forced_for, (does, args)):
        return None
    return status


def _new_order(args: Mapping[str, str]) -> NewOrder:
    kind = _needed(args, "orderType")
    limit_price = decimal_of("limitPrice", args.get("limitPrice"))
    stop_price = decimal_of("stopPrice", args.get("stopPrice"))
    trail = decimal_of("trailingStopMaxDeviation", args.get("trailingStopMaxDeviation"))
    missing = (
        (kind in _LIMITED and limit_price is None)
        or (kind in _STOPPED and stop_price is None)
        or (kind == "trailing_stop" and not (trail and trail > 0))
    )
    size = decimal_of("size", _needed(args, "size"))
    if missing or size is None:
        raise BadArgument("requiredArgumentMissing")
    signal = args.get("triggerSignal", "mark")
    if signal not in _SIGNALS:
        raise BadArgument("invalidArgument: triggerSignal")
    return NewOrder(
        symbol=_needed(args, "symbol").upper(),
        side=_needed(args, "side").lower(),
        kind=kind,
        size=size,
        client_id=args.get("cliOrdId") or None,
        limit_price=limit_price,
        stop_price=stop_price if kind in _STOPPED else None,
        trigger_signal=signal,
        reduce_only=args.get("reduceOnly", "").lower() == "true",
        trail=trail,
        trail_is_percent=args.get("trailingStopDeviationUnit", "PERCENT") == "PERCENT",
    )


def _needed(args: Mapping[str, str], name: str) -> str:
    value = args.get(name)
    if not value:
        raise BadArgument("requiredArgumentMissing")
    return value


def _found(exchange: PaperExchange, args: Mapping[str, str]) -> Order | None:
    order_id = args.get("order_id") or args.get("orderId")
    client_id = args.get("cliOrdId")
    if not (order_id or client_id):
        raise BadArgument("requiredArgumentMissing")
    return exchange.find(order_id or None, client_id)


def _edited(exchange: PaperExchange, call: Call, args: Mapping[str, str]) -> Outcome:
    order = _found(exchange, args)
    if (status := _forced(call, "edit", args)) is not None:
        return Outcome(status, order)
    return exchange.edit(
        order,
        decimal_of("size", args.get("size")),
        decimal_of("limitPrice", args.get("limitPrice")),
        decimal_of("stopPrice", args.get("stopPrice")),
    )


def _cancelled(exchange: PaperExchange, call: Call, args: Mapping[str, str]) -> Outcome:
    order = _found(exchange, args)
    if (status := _forced(call, "cancel", args)) is not None:
        return Outcome(status, order)
    return exchange.cancel(order)


def _edit(exchange: PaperExchange, call: Call) -> Plain:
    outcome = _edited(exchange, call, call.args)
    status = change_status(outcome, exchange.now_ms)
    return success(exchange.now_ms, editStatus=status)


def _cancel(exchange: PaperExchange, call: Call) -> Plain:
    outcome = _cancelled(exchange, call, call.args)
    status = change_status(outcome, exchange.now_ms)
    return success(exchange.now_ms, cancelStatus=status)


def _cancel_all(exchange: PaperExchange, call: Call) -> Plain:
    symbol = call.args.get("symbol")
    outcome = exchange.cancel_all(symbol.upper() if symbol else None)
    status = cancel_all_status(outcome, exchange.now_ms, symbol or "all")
    return success(exchange.now_ms, cancelStatus=status)


def _cancel_all_after(exchange: PaperExchange, call: Call) -> Plain:
    timeout = call.required("timeout")
    if not timeout.isdigit():
        raise BadArgument("invalidArgument: timeout")
    due_ms = exchange.cancel_all_after(int(timeout))
    trigger = "0" if due_ms is None else iso(due_ms)
    status = {"currentTime": iso(exchange.now_ms), "triggerTime": trigger}
    return success(exchange.now_ms, status=status)


def _batch(exchange: PaperExchange, call: Call) -> Plain:
    rows = [_batch_status(exchange, call, raw) for raw in batch_of(call)]
    return success(exchange.now_ms, batchStatus=rows)


def _batch_status(exchange: PaperExchange, call: Call, raw: dict[str, Any]) -> Plain:
    """Carry out one instruction; a bad one does not stop those after it."""
    args = {name: _text(value) for name, value in raw.items() if value is not None}
    tag = {"order_tag": raw["order_tag"]} if "order_tag" in raw else {}
    now_ms = exchange.now_ms
    try:
        if args.get("order") == "send":
            return send_status(_sent(exchange, call, args), now_ms) | tag
        if args.get("order") == "cancel":
            outcome = _cancelled(exchange, call, args)
        elif args.get("order") == "edit":
            outcome = _edited(exchange, call, args)
        else:
            raise BadArgument("invalidArgument: order")
    except BadArgument as error:
        return {"status": str(error), "orderEvents": []} | tag
    return change_status(outcome, now_ms) | tag


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


ORDERS: dict[tuple[str, str], Handler] = {
    ("POST", "sendorder"): _send,
    ("POST", "batchorder"): _batch,
    ("POST", "editorder"): _edit,
    ("POST", "cancelorder"): _cancel,
    ("POST", "cancelallorders"): _cancel_all,
    ("POST", "cancelallordersafter"): _cancel_all_after,
}
