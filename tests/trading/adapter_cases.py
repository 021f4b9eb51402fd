"""The adapters that must pass the conformance suite, and how each is made.

Another adapter joins by one more `AdapterCase`: how it is made for a paper exchange, its
own canned exchange, its good answers, and for each call of the port the answers that it
reads. One that reads no answers of a server says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from canned_exchange import (
    DISARMED,
    GOOD,
    KEY,
    LOG,
    NONE_ISOLATED,
    NOW,
    NOW_MS,
    OPEN_ORDER,
    SECRET,
    CannedExchange,
    execution,
    history_event,
    order_event,
    sent,
)

from core.trading.backtest.adapter import EngineAdapter
from core.trading.contracts import CONTRACTS
from core.trading.gateway.adapter import Adapter
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.ccxt_rest import CcxtRest
from core.trading.gateway.keys import Keys
from core.trading.gateway.limiter import RateLimiter, ServerClock
from core.trading.gateway.order import Order
from core.trading.paper import PaperServer

SYMBOL = "PF_XBTUSD"


def limit_order(client_id: str = "c-1", **changes: Any) -> Order:
    """Return a resting buy of 0.01 XBT."""
    values: dict[str, Any] = {
        "client_id": client_id,
        "symbol": SYMBOL,
        "side": "buy",
        "size": Decimal("0.01"),
        "kind": "limit",
        "limit_price": Decimal(50000),
        "stop_price": None,
        "reduce_only": False,
    }
    return Order(**{**values, **changes})


def _all_placed(adapter: Adapter, orders: list[Order]) -> list[Any]:
    """Return the rows; raise the first error, which each order has for itself."""
    answers = adapter.place_all(orders)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


@dataclass(frozen=True)
class Call:
    """One call of the port, the answers it reads and the record it returns."""

    name: str
    make: Callable[[Adapter], Any]
    reads: tuple[str, ...]
    record: str | None = None
    # Those of `reads` that answer a command.
    commands: tuple[str, ...] = ()
    # Keys that the exchange documents as optional or null, or that only name things.
    free: frozenset[str] = frozenset()
    answers: dict[str, Any] = field(default_factory=dict)
    # Of its answer only the time is used, so that one without content will do.
    tells_time_only: bool = False


@dataclass(frozen=True)
class Wire:
    """What an adapter reads of a server: good answers, and the calls that read them."""

    answers: dict[str, Any]
    make: Callable[..., Adapter]
    calls: tuple[Call, ...]
    # Keys of texts that may be any but empty, and of figures that may be below zero.
    names: frozenset[str]
    signed: frozenset[str]


@dataclass(frozen=True)
class AdapterCase:
    """One adapter: how it is made for a paper exchange, and what it reads of a server."""

    name: str
    on_paper: Callable[[PaperServer], Adapter]
    # None for one that reads no server's answers, so that none can be malformed.
    wire: Wire | None


def kraken_rest(url: str, timeout_s: float = 2.0) -> CcxtRest:
    """Return the REST adapter against a server at `url`."""
    clock = ServerClock()
    calls = Calls(url, Keys(KEY, SECRET), clock=clock, timeout_s=timeout_s)
    return CcxtRest(unhurried(calls), (SYMBOL,))


def rest_on_paper(server: PaperServer) -> CcxtRest:
    """Return the REST adapter against a paper exchange."""
    keys = Keys(server.keys.api_key, server.keys.secret)
    calls = Calls(server.url, keys, clock=ServerClock(), timeout_s=5.0)
    return CcxtRest(unhurried(calls), tuple(CONTRACTS))


def unhurried(calls: Calls) -> Calls:
    """Return calls without a limit: the suite asks much faster than an exchange allows."""
    limiter = RateLimiter(calls.clock.now_ms, budget=10**9)
    calls._limiter = calls._history = limiter
    return calls


_EXECUTED = sent(
    "placed", order_event(), execution(1, 0.004, 50000), execution(2, 0.003, 49999.5)
)
_NONE_OPEN = {**GOOD["/openorders"], "openOrders": []}
_RECENT = {
    **GOOD["/orders/status"],
    "orders": [
        {
            "order": {
                "type": "ORDER",
                "orderId": "o-1",
                "cliOrdId": "c-1",
                "symbol": SYMBOL,
                "side": "buy",
                "quantity": 0.02,
                "filled": 0.02,
                "limitPrice": 50500,
                "reduceOnly": False,
                "timestamp": "2026-01-02T03:04:05.000Z",
                "lastUpdateTimestamp": "2026-01-02T03:04:05.000Z",
            },
            "status": "FULLY_EXECUTED",
            "updateReason": None,
            "error": None,
        }
    ],
}
_TRIGGER = {
    "type": "stp",
    "symbol": SYMBOL,
    "side": "sell",
    "quantity": 0.01,
    "limitPrice": None,
    "triggerPrice": 49000,
    "triggerSide": "trigger_below",
    "triggerSignal": "mark_price",
    "reduceOnly": True,
    "timestamp": NOW,
    "lastUpdateTimestamp": NOW,
}
_STOP_CANCELLED = {
    **GOOD["/cancelorder"],
    "cancelStatus": {
        "status": "cancelled",
        "order_id": "o-1",
        "receivedTime": NOW,
        "orderEvents": [
            {
                "type": "CANCEL",
                "uid": "o-1",
                "orderTrigger": {"uid": "o-1", "clientId": "c-1", **_TRIGGER},
            }
        ],
    },
}
_STOP_WAITS = {
    **GOOD["/orders/status"],
    "orders": [
        {
            "order": {
                **_TRIGGER,
                "type": "TRIGGER_ORDER",
                "orderId": "o-1",
                "cliOrdId": "c-1",
            },
            "status": "TRIGGER_PLACED",
            "updateReason": None,
            "error": None,
        }
    ],
}
_STOP_RESTS = {
    **GOOD["/openorders"],
    "openOrders": [
        {
            **{k: v for k, v in OPEN_ORDER.items() if k != "limitPrice"},
            "orderType": "stop",
            "stopPrice": 49000,
            "triggerSignal": "mark",
        }
    ],
}
_LOGS = {
    **GOOD["/account-log"],
    "logs": [
        LOG,
        {
            **LOG,
            "id": 9,
            "info": "funding rate change",
            "fee": None,
            "realized_pnl": None,
            "realized_funding": -0.125,
            "old_balance": 1000,
            "new_balance": 999.875,
        },
        {
            **LOG,
            "id": 11,
            "info": "cross-exchange transfer",
            "contract": None,
            "fee": None,
            "realized_pnl": None,
            "old_balance": 999.875,
            "new_balance": 1099.875,
        },
    ],
}
_PAST = {
    "/openorders": _NONE_OPEN,
    "/api/history/v2/orders": {
        "elements": [history_event("OrderPlaced", "new_user_order", filled="0.02")],
        "serverTime": "2026-01-02T03:04:05.000Z",
    },
}
_TOLD = {
    "/api/history/v2/orders": {
        "elements": [history_event("OrderPlaced", "new_user_order")],
        "serverTime": "2026-01-02T03:04:05.000Z",
    },
    "/api/history/v2/triggers": {
        "elements": [history_event("OrderTriggerPlaced", "new_user_order")],
        "serverTime": "2026-01-02T03:04:05.000Z",
    },
}
_HISTORY = ("/api/history/v2/orders", "/api/history/v2/triggers")
_IDS = frozenset({"cliOrdId", "clientId"})

_REST = Wire(
    answers=GOOD,
    make=kraken_rest,
    calls=(
        Call(
            "the time for candles",
            lambda a: a.candles(SYMBOL, NOW_MS - 900_000, 3),
            ("/tickers/PF_XBTUSD",),
            tells_time_only=True,
        ),
        Call("instruments", lambda a: a.instruments(), ("/instruments",), "Instrument"),
        Call("tickers", lambda a: a.tickers(), ("/tickers",), "Ticker"),
        Call(
            "candles",
            lambda a: a.candles(SYMBOL, NOW_MS - 900_000, 3),
            ("/trade/PF_XBTUSD/5m",),
        ),
        Call(
            "place",
            lambda a: a.place(limit_order()),
            ("/sendorder",),
            "OrderStatus",
            commands=("/sendorder",),
        ),
        Call(
            "place and be filled in part",
            lambda a: a.place(limit_order()),
            ("/sendorder",),
            "OrderStatus",
            commands=("/sendorder",),
            answers={"/sendorder": _EXECUTED},
        ),
        Call(
            "cancel",
            lambda a: a.cancel("c-1"),
            ("/cancelorder",),
            "OrderStatus",
            commands=("/cancelorder",),
            free=_IDS,
        ),
        Call(
            "place_all",
            lambda a: _all_placed(a, [limit_order(), limit_order("c-2")]),
            ("/batchorder",),
            "OrderStatus",
            commands=("/batchorder",),
        ),
        Call(
            "edit",
            lambda a: a.edit("c-1", Decimal("0.02"), None, None),
            ("/editorder",),
            "OrderStatus",
            commands=("/editorder",),
            free=_IDS,
        ),
        Call(
            "cancel_order",
            lambda a: a.cancel_order("o-1"),
            ("/cancelorder",),
            "OrderStatus",
            commands=("/cancelorder",),
            free=_IDS,
        ),
        Call(
            "cancel of a stop",
            lambda a: a.cancel("c-1"),
            ("/cancelorder",),
            "OrderStatus",
            commands=("/cancelorder",),
            free=_IDS,
            answers={"/cancelorder": _STOP_CANCELLED},
        ),
        Call(
            "order that rests",
            lambda a: a.order("c-1"),
            ("/openorders", "/fills"),
            "OrderStatus",
            free=_IDS | {"limitPrice"},
        ),
        Call(
            "order that just ended",
            lambda a: a.order("c-1"),
            ("/openorders", "/orders/status", "/fills"),
            "OrderStatus",
            free=_IDS | {"updateReason"},
            answers={"/openorders": _NONE_OPEN, "/orders/status": _RECENT},
        ),
        Call(
            "order that waits for its trigger",
            lambda a: a.order("c-1"),
            ("/orders/status",),
            "OrderStatus",
            free=_IDS | {"updateReason"},
            answers={"/openorders": _NONE_OPEN, "/orders/status": _STOP_WAITS},
        ),
        Call(
            "order of the past",
            lambda a: a.order("c-1"),
            ("/openorders", "/orders/status", "/fills", *_HISTORY),
            "OrderStatus",
            free=_IDS | {"reason"},
            answers=_PAST,
        ),
        Call(
            "order that never came",
            lambda a: a.order("c-9"),
            ("/openorders", "/orders/status", "/fills", *_HISTORY),
            answers=_PAST,
        ),
        Call(
            "open_orders",
            lambda a: a.open_orders(),
            ("/openorders",),
            "OpenOrder",
            free=_IDS | {"limitPrice"},
        ),
        Call(
            "open_orders that wait for a trigger",
            lambda a: a.open_orders(),
            ("/openorders",),
            "OpenOrder",
            free=_IDS | {"stopPrice"},
            answers={"/openorders": _STOP_RESTS},
        ),
        Call(
            "order_events",
            lambda a: a.order_events(0),
            _HISTORY,
            "OrderEvent",
            free=_IDS | {"reason"},
            answers=_TOLD,
        ),
        Call(
            "positions",
            lambda a: a.positions(),
            ("/openpositions",),
            "Position",
            free=frozenset({"unrealizedFunding"}),
        ),
        Call("account", lambda a: a.account(), ("/accounts",), "Account"),
        Call("account_uid", lambda a: a.account_uid(), ("/account-log",)),
        Call("fills", lambda a: a.fills(0), ("/fills",), "Fill", free=_IDS),
        Call(
            "ledger",
            lambda a: a.ledger(0),
            ("/account-log",),
            "LedgerEntry",
            free=frozenset(
                {
                    *("fee", "realized_pnl", "realized_funding", "contract"),
                    # Where it is not told, nothing is taken for paid in.
                    "old_balance",
                }
            ),
            answers={"/account-log": _LOGS},
        ),
        Call(
            "arm_switch",
            lambda a: a.arm_switch(60),
            ("/cancelallordersafter",),
            commands=("/cancelallordersafter",),
        ),
        Call(
            "disarm_switch",
            lambda a: a.disarm_switch(),
            ("/cancelallordersafter",),
            commands=("/cancelallordersafter",),
            answers={"/cancelallordersafter": DISARMED},
        ),
        Call(
            "pool_margin of an isolated symbol",
            lambda a: a.pool_margin(SYMBOL),
            ("/leveragepreferences", "PUT /leveragepreferences"),
            commands=("PUT /leveragepreferences",),
        ),
        Call(
            "pool_margin of a pooled symbol",
            lambda a: a.pool_margin(SYMBOL),
            ("/leveragepreferences",),
            answers={"/leveragepreferences": NONE_ISOLATED},
        ),
    ),
    names=frozenset(
        {
            *("symbol", "tradeable", "contract", "asset", "info", "reason"),
            "margin_account",
            *("order_id", "orderId", "uid", "fill_id", "executionId"),
            *("cliOrdId", "clientId", "updateReason", "accountUid"),
        }
    ),
    signed=frozenset(
        {
            *("balanceValue", "portfolioValue", "availableMargin", "pnl"),
            *("unrealizedFunding", "fundingRate", "new_balance", "old_balance"),
            *("fee", "realized_pnl", "realized_funding"),
            "contractValueTradePrecision",
        }
    ),
)
CASES = (
    AdapterCase("ccxt-rest", rest_on_paper, _REST),
    # It stands on the engine itself, in one process with it: there is no wire.
    AdapterCase("backtest", lambda server: EngineAdapter(server.exchange), None),
)


def serve(wire: Wire, call: Call) -> CannedExchange:
    """Return the exchange with the answers that the call wants."""
    return CannedExchange({**wire.answers, **call.answers})
