"""The control calls of the paper exchange: step time, read the truth, queue faults.

They are no part of Kraken's API. They live under /paper/ with a token of their own, so
that a client with the trading key cannot move time or look behind the curtain.
"""

from __future__ import annotations

import hmac
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import ConfigError
from core.trading.paper.call import Call, Reply
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.faults import Fault, Faults
from core.trading.paper.order_answers import fill_row, open_order
from core.trading.paper.wire import Plain

TOKEN_HEADER = "X-Paper-Token"


class Control:
    """POST /paper/step and /paper/transfer, GET /paper/state, POST and DELETE /paper/fault."""

    def __init__(
        self,
        exchange: PaperExchange,
        faults: Faults,
        counts: dict[str, int],
        token: str,
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._counts = counts
        self._token = token

    def answer(self, call: Call) -> Reply:
        """Return the reply to a control call: 401, 404 and 400 are errors in JSON."""
        given = call.headers.get(TOKEN_HEADER.lower(), "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _json(401, {"error": f"wrong or no {TOKEN_HEADER}"})
        try:
            body = json.loads(call.body) if call.body else {}
            return self._carried_out(call, body)
        except (ConfigError, ValueError, TypeError, AttributeError) as error:
            return _json(400, {"error": str(error)})

    def _carried_out(self, call: Call, body: dict[str, Any]) -> Reply:
        match (call.method, call.path):
            case ("POST", "/paper/step"):
                return _json(200, self._step(int(body.get("candles", 1))))
            case ("GET", "/paper/state"):
                return _json(200, self._state("brief" not in call.query))
            case ("POST", "/paper/transfer"):
                self._exchange.transfer(_usd(body))
                return _json(200, {"balance_usd": self._exchange.books.balance_usd})
            case ("POST", "/paper/fault"):
                self._faults.add(fault_of(body))
                return _json(200, {"queued": body["name"]})
            case ("DELETE", "/paper/fault"):
                self._faults.clear()
                return _json(200, {})
        return _json(404, {"error": f"no {call.method} {call.path}"})

    def _step(self, count: int) -> Plain:
        if count < 1:
            raise ValueError(f"candles: {count}")
        stepped = self._exchange.step(count)
        market = self._exchange.market
        return {
            "stepped": stepped,
            "time_ms": market.now_ms,
            "has_next": market.has_next,
            "candle": market.count,
            "candles": market.length,
        }

    def _state(self, whole: bool) -> Plain:
        exchange, books = self._exchange, self._exchange.books
        margin, ledger = exchange.margin(), books.ledger
        state: Plain = {
            "time_ms": exchange.now_ms,
            "has_next": exchange.market.has_next,
            "grows": exchange.source is not None,
            "start_balance_usd": exchange.config.balance_usd,
            "balance_usd": margin.balance,
            "equity_usd": margin.equity,
            "available_usd": margin.available,
            "floating_usd": margin.floating,
            "unrealised_funding_usd": margin.funding,
            "initial_margin_usd": margin.initial,
            "maintenance_margin_usd": margin.maintenance,
            "realised_usd": sum((row.realised_usd for row in ledger), Decimal(0)),
            "fees_usd": sum((row.fee_usd for row in ledger), Decimal(0)),
            "funding_usd": sum((row.funding_usd for row in ledger), Decimal(0)),
            "transfer_usd": sum((row.transfer_usd for row in ledger), Decimal(0)),
            "positions": self._positions(),
            "open_orders": [open_order(x) for x in exchange.venue.live.values()],
            "prices": exchange.market.price,
            "fill_count": len(books.fills),
            "ledger_count": len(ledger),
            "order_count": len(exchange.venue.orders),
            "dead_man_ms": exchange.venue.dead_man_ms,
            "liquidations": exchange.venue.liquidations,
            "calls": self._counts,
            "faults": self._faults.counts,
        }
        if whole:
            state["fills"] = [fill_row(fill) for fill in books.fills]
        return state

    def _positions(self) -> list[Plain]:
        return [
            {
                "symbol": symbol,
                "size": holding.size,
                "entry_price": holding.entry_price,
                "funding_usd": holding.funding_usd,
            }
            for symbol, holding in self._exchange.books.holdings.items()
            if holding.size
        ]


def fault_of(body: dict[str, Any]) -> Fault:
    """Return the fault that a body of a control call describes; ValueError without a name."""
    if "name" not in body:
        raise ValueError("a fault needs a name")
    own = ("name", "match", "times", "skip", "probability")
    times = body.get("times", 1)
    return Fault(
        str(body["name"]),
        str(body.get("match", "*")),
        None if times is None else int(times),
        int(body.get("skip", 0)),
        float(body.get("probability", 1)),
        {name: value for name, value in body.items() if name not in own},
    )


def _usd(body: dict[str, Any]) -> Decimal:
    try:
        usd = Decimal(str(body.get("usd")))
    except InvalidOperation:
        raise ValueError(f"usd: {body.get('usd')!r}") from None
    if not usd.is_finite():
        raise ValueError(f"usd: {usd}")
    return usd


def _json(status: int, answer: Plain) -> Reply:
    """Return JSON in which every Decimal is a string, exact to its last digit."""
    return Reply(status, json.dumps(answer, default=str).encode())
