"""The adapters that must pass the conformance suite, and how each is made.

Another adapter joins by one more `AdapterCase`: its own canned exchange, its good
answers, and for each call of the port the answers that it reads.
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
    NOW_MS,
    SECRET,
    CannedExchange,
    history_event,
)

from core.trading.gateway.adapter import Adapter
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.ccxt_rest import CcxtRest
from core.trading.gateway.keys import Keys
from core.trading.gateway.limiter import ServerClock
from core.trading.gateway.order import Order

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
    writes: bool = False
    # Keys that the exchange documents as optional or null, or that only name things.
    free: frozenset[str] = frozenset()
    answers: dict[str, Any] = field(default_factory=dict)
    # Of its answer only the time is used, so that one without content will do.
    tells_time_only: bool = False


@dataclass(frozen=True)
class AdapterCase:
    """One adapter: its server's good answers and its calls."""

    name: str
    answers: dict[str, Any]
    make: Callable[..., Adapter]
    calls: tuple[Call, ...]


def kraken_rest(url: str, timeout_s: float = 2.0) -> CcxtRest:
    """Return the REST adapter against a server at `url`."""
    clock = ServerClock()
    calls = Calls(url, Keys(KEY, SECRET), clock=clock, timeout_s=timeout_s)
    # The suite asks much faster than an exchange would allow.
    calls._limiter._budget = calls._history._budget = 10**9
    return CcxtRest(calls, (SYMBOL,))


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

KRAKEN = AdapterCase(
    name="ccxt-rest",
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
            free=frozenset({"more_candles"}),
        ),
        Call(
            "place",
            lambda a: a.place(limit_order()),
            ("/sendorder",),
            "OrderStatus",
            writes=True,
        ),
        Call(
            "cancel",
            lambda a: a.cancel("c-1"),
            ("/cancelorder",),
            "OrderStatus",
            writes=True,
            free=_IDS,
        ),
        Call(
            "place_all",
            lambda a: _all_placed(a, [limit_order(), limit_order("c-2")]),
            ("/batchorder",),
            "OrderStatus",
            writes=True,
        ),
        Call(
            "edit",
            lambda a: a.edit("c-1", Decimal("0.02"), None, None),
            ("/editorder",),
            "OrderStatus",
            writes=True,
            free=_IDS,
        ),
        Call(
            "cancel_order",
            lambda a: a.cancel_order("o-1"),
            ("/cancelorder",),
            "OrderStatus",
            writes=True,
            free=_IDS,
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
        Call("fills", lambda a: a.fills(0), ("/fills",), "Fill", free=_IDS),
        Call(
            "ledger",
            lambda a: a.ledger(0),
            ("/account-log",),
            "LedgerEntry",
            free=frozenset({"fee", "realized_pnl", "realized_funding", "contract"}),
        ),
        Call(
            "arm_switch",
            lambda a: a.arm_switch(60),
            ("/cancelallordersafter",),
            writes=True,
        ),
        Call(
            "disarm_switch",
            lambda a: a.disarm_switch(),
            ("/cancelallordersafter",),
            writes=True,
            answers={"/cancelallordersafter": DISARMED},
        ),
        Call(
            "pool_margin",
            lambda a: a.pool_margin(SYMBOL),
            ("/leveragepreferences",),
            writes=True,
        ),
    ),
)
CASES = (KRAKEN,)


def serve(case: AdapterCase, call: Call) -> CannedExchange:
    """Return the case's exchange with the answers that the call wants."""
    return CannedExchange({**case.answers, **call.answers})
