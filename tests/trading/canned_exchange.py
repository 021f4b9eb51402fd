"""A tiny HTTP server that plays canned answers, good and bad, at a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "canary-api-key-0123456789"
SECRET = "Y2FuYXJ5LXNlY3JldC0wMTIzNDU2Nzg5LWFiY2RlZmdo"
NOW = "2026-01-02T03:04:05.000Z"
NOW_MS = 1767323045000


@dataclass
class Canned:
    """One answer: a status, a body (text, or data for JSON), and what else to do."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hold: threading.Event | None = None

    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body)


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


class CannedExchange:
    """Answers by the last words of the path; `requests` are those seen."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = dict(answers)
        self.requests: list[Request] = []
        self.arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def answer(self, request: Request) -> Canned:
        """Return the canned answer to a request, by the longest matching name: the ending
        of a path, with a method before it where only that one is meant.
        """
        names = [name for name in self.answers if _means(name, request)]
        if not names:
            return Canned({"result": "error", "error": "notFound"}, 404)
        found = self.answers[max(names, key=len)]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Callable):
            found = found(request)
        return found if isinstance(found, Canned) else Canned(found)

    def seen(self, ending: str) -> list[Request]:
        """Return the requests whose path ends so."""
        return [r for r in self.requests if r.path.endswith(ending)]

    def wait_for(self, ending: str) -> None:
        """Wait until such a request has arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.seen(ending), 10)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _means(name: str, request: Request) -> bool:
    method, _, ending = name.rpartition(" ")
    return request.path.endswith(ending) and method in ("", request.method)


def _handler(exchange: CannedExchange) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without it each answer waits for the client's delayed acknowledgement.
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            request = Request(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                dict(self.headers.items()),
            )
            with exchange.arrived:
                exchange.requests.append(request)
                exchange.arrived.notify_all()
            self._send(exchange.answer(request))

        do_POST = do_PUT = do_GET

        def _send(self, canned: Canned) -> None:
            if canned.hold is not None:
                canned.hold.wait(20)
            body = canned.text().encode()
            if canned.cut:
                self.close_connection = True
                return
            self.send_response(canned.status)
            is_html = body.startswith(b"<")
            self.send_header(
                "Content-Type", "text/html" if is_html else "application/json"
            )
            for name, value in canned.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def _success(**parts: Any) -> dict[str, Any]:
    return {"result": "success", "serverTime": NOW, **parts}


def order_event(kind: str = "PLACE", **changes: Any) -> dict[str, Any]:
    """Return one event of sendStatus or cancelStatus."""
    order = {
        "orderId": "o-1",
        "cliOrdId": "c-1",
        "type": "lmt",
        "symbol": "PF_XBTUSD",
        "side": "buy",
        "quantity": 0.01,
        "filled": 0,
        "limitPrice": 50000,
        "reduceOnly": False,
        "timestamp": NOW,
        "lastUpdateTimestamp": NOW,
    }
    return {"type": kind, "order": {**order, **changes}, "reducedQuantity": None}


def execution(number: int, amount: float, price: float) -> dict[str, Any]:
    """Return an EXECUTION event."""
    return {
        "type": "EXECUTION",
        "executionId": f"e-{number}",
        "price": price,
        "amount": amount,
        "orderPriorExecution": order_event()["order"],
        "orderPriorEdit": None,
        "takerReducedQuantity": None,
    }


def sent(status: str = "placed", *events: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of sendorder."""
    return _success(
        sendStatus={
            "order_id": "o-1",
            "status": status,
            "receivedTime": NOW,
            "orderEvents": list(events),
        }
    )


def fill(number: int, **changes: Any) -> dict[str, Any]:
    """Return one row of fills."""
    row = {
        "fill_id": f"f-{number:04}",
        "order_id": "o-1",
        "cliOrdId": "c-1",
        "symbol": "PF_XBTUSD",
        "side": "buy",
        "size": 0.01,
        "price": 50001,
        "fillTime": NOW,
        "fillType": "taker",
    }
    return {**row, **changes}


def candle(number: int) -> dict[str, Any]:
    """Return one candle; number 0 is the last that is closed at NOW."""
    start = NOW_MS // 300_000 * 300_000 - 300_000 + number * 300_000
    return {
        "time": start,
        "open": "100.5",
        "high": "102",
        "low": "99",
        "close": "101",
        "volume": "3.25",
    }


def history_event(kind: str, reason: str, **changes: Any) -> dict[str, Any]:
    """Return one element of the order history."""
    order = {
        "uid": "o-1",
        "accountUid": "a",
        "tradeable": "PF_XBTUSD",
        "direction": "Buy",
        "quantity": "0",
        "filled": "0.01",
        "timestamp": str(NOW_MS),
        "limitPrice": "50500",
        "orderType": "IoC",
        "clientId": "c-1",
        "reduceOnly": False,
        "lastUpdateTimestamp": str(NOW_MS),
    }
    key = "newOrder" if kind == "OrderUpdated" else "order"
    body = {key: {**order, **changes}, "reason": reason}
    return {"uid": "u", "timestamp": NOW_MS, "event": {kind: body}}


INSTRUMENT = {
    "symbol": "PF_XBTUSD",
    "type": "flexible_futures",
    "tickSize": 1,
    "contractSize": 1,
    "contractValueTradePrecision": 4,
    "tradeable": True,
    "marginLevels": [
        {"numNonContractUnits": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
        {"numNonContractUnits": 15, "initialMargin": 0.04, "maintenanceMargin": 0.02},
    ],
}
TICKER = {
    "symbol": "PF_XBTUSD",
    "markPrice": 50000,
    "indexPrice": 50001.5,
    "bid": 49999,
    "ask": 50001,
    "last": 50000,
    "vol24h": 1234.5,
    "open24h": 49000,
    "fundingRate": 0.5,
    "fundingRatePrediction": 0.4,
    "openInterest": 99,
    "suspended": False,
    "lastTime": NOW,
}
OPEN_ORDER = {
    "order_id": "o-1",
    "cliOrdId": "c-1",
    "symbol": "PF_XBTUSD",
    "side": "buy",
    "orderType": "lmt",
    "limitPrice": 50000,
    "unfilledSize": 0.008,
    "filledSize": 0.002,
    "receivedTime": NOW,
    "lastUpdateTime": NOW,
    "status": "partiallyFilled",
    "reduceOnly": False,
}
FLEX = {
    "type": "multiCollateralMarginAccount",
    "currencies": {"USD": {"quantity": 1000, "value": 1000}},
    "balanceValue": 1000,
    "portfolioValue": 1012.25,
    "collateralValue": 1000,
    "pnl": 12.5,
    "unrealizedFunding": -0.25,
    "initialMargin": 20,
    "maintenanceMargin": 10,
    "availableMargin": 992.25,
    "marginEquity": 1012.25,
}
LOG = {
    "id": 7,
    "asset": "usd",
    "contract": "pf_xbtusd",
    "date": NOW,
    "info": "futures trade",
    "fee": 0.25,
    "liquidation_fee": None,
    "realized_pnl": 1.5,
    "realized_funding": None,
    "old_balance": 998.75,
    "new_balance": 1000,
    "margin_account": "flex",
}

NONE_ISOLATED = _success(leveragePreferences=[])
DISARMED = _success(status={"currentTime": NOW, "triggerTime": "0"})
GOOD: dict[str, Any] = {
    "/instruments": _success(instruments=[INSTRUMENT]),
    "/tickers": _success(tickers=[TICKER]),
    "/tickers/PF_XBTUSD": _success(ticker=TICKER),
    "/trade/PF_XBTUSD/5m": {
        "candles": [candle(-1), candle(0), candle(1)],
        "more_candles": False,
    },
    "/sendorder": sent("placed", order_event()),
    "/batchorder": _success(
        batchStatus=[
            {"order_tag": str(n), **sent("placed", order_event())["sendStatus"]}
            for n in range(2)
        ]
    ),
    "/editorder": _success(
        editStatus={
            "status": "edited",
            "orderId": "o-1",
            "receivedTime": NOW,
            "orderEvents": [
                {
                    "type": "EDIT",
                    "old": order_event()["order"],
                    "new": order_event(quantity=0.02)["order"],
                    "reducedQuantity": None,
                }
            ],
        }
    ),
    "/cancelorder": _success(
        cancelStatus={
            "status": "cancelled",
            "order_id": "o-1",
            "receivedTime": NOW,
            "orderEvents": [{"uid": "o-1", **order_event("CANCEL")}],
        }
    ),
    "/cancelallordersafter": _success(
        status={"currentTime": NOW, "triggerTime": "2026-01-02T03:05:05.000Z"}
    ),
    "/openorders": _success(openOrders=[OPEN_ORDER]),
    "/orders/status": _success(orders=[]),
    "/openpositions": _success(
        openPositions=[
            {
                "side": "short",
                "symbol": "PF_XBTUSD",
                "price": 50500,
                "size": 0.02,
                "fillTime": NOW,
                "unrealizedFunding": -0.25,
            }
        ]
    ),
    "/accounts": _success(accounts={"flex": FLEX, "cash": {"type": "cashAccount"}}),
    "/fills": _success(fills=[fill(2), fill(1, fillTime="2026-01-02T03:04:04.000Z")]),
    "/api/history/v2/orders": {"elements": [], "len": 0, "serverTime": NOW},
    "/api/history/v2/triggers": {"elements": [], "len": 0, "serverTime": NOW},
    "/account-log": {"accountUid": "a", "logs": [LOG]},
    "/leveragepreferences": _success(
        leveragePreferences=[{"symbol": "PF_XBTUSD", "maxLeverage": 5}]
    ),
    "PUT /leveragepreferences": _success(),
}
