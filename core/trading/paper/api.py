"""From a call to a reply: route, fault, key, rate limit, handler, answer.

No sockets here and no threads: `server` holds a lock around `answer`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from core.errors import ExchangeUnavailable
from core.trading.paper import history_answers
from core.trading.paper.account_calls import ACCOUNT, HISTORY
from core.trading.paper.account_log import AccountLog
from core.trading.paper.call import BadArgument, Call, Reply
from core.trading.paper.charts import Charts
from core.trading.paper.config import PaperKeys
from core.trading.paper.control import Control
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.faults import INSTEAD, TO_ANSWER, TO_CALL, Fault, Faults, html
from core.trading.paper.limiter import (
    HISTORY_POOL,
    HISTORY_WINDOW_MS,
    TokenPool,
    cost,
    history_cost,
)
from core.trading.paper.order_calls import ORDERS, batch_of
from core.trading.paper.public_calls import PUBLIC, market_executions
from core.trading.paper.reach import reaches
from core.trading.paper.signing import Gatekeeper
from core.trading.paper.wire import Plain, encode, failure

Handler = Callable[[PaperExchange, Call], Plain]
_TRADING = ("/derivatives/api/v3/", "/derivatives/api/v4/")
_HISTORY = ("/api/history/v2/", "/api/history/v3/")
_CHARTS = "/api/charts/v1/"
_CONTROL = "/paper/"


class Api:
    """All endpoints of one exchange for one key."""

    def __init__(self, exchange: PaperExchange, keys: PaperKeys) -> None:
        self.exchange = exchange
        self.faults = Faults(exchange.config.seed)
        self.counts: dict[str, int] = {}
        self._charts = Charts(exchange.market)
        self._log = AccountLog(exchange.books)
        self._gatekeeper = Gatekeeper(keys)
        self._pool = TokenPool()
        self._history_pool = TokenPool(HISTORY_POOL, HISTORY_WINDOW_MS)
        self._control = Control(exchange, self.faults, self.counts, keys.control_token)

    def answer(self, call: Call) -> Reply:
        """Return the reply to one call: 503 to one that cannot be written down."""
        try:
            return self._replied(call)
        except ExchangeUnavailable as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            return Reply(503, json.dumps({"error": str(error)}).encode())

    def _replied(self, call: Call) -> Reply:
        if call.path.startswith(_CONTROL):
            return self._control.answer(call)
        endpoint = endpoint_of(call.path)
        self.counts[endpoint] = self.counts.get(endpoint, 0) + 1
        fault = self.faults.strike(
            endpoint, lambda fault: reaches(fault, endpoint, call, self.exchange)
        )
        if fault is None:
            return self._carry_out(call, endpoint, None)
        instead = INSTEAD.get(fault.name)
        if instead is not None and not fault.params.get("after"):
            return instead(fault, self.exchange)
        if fault.name in TO_CALL:
            TO_CALL[fault.name](fault, endpoint, call, self.exchange)
        reply = self._carry_out(call, endpoint, fault)
        if fault.name == "reply_lost_after_accept":
            return Reply(0, b"", drop=True)
        if fault.name == "slow":
            delay_s = float(fault.params.get("delay_s", 1.0))
            return Reply(reply.status, reply.body, reply.content_type, delay_s)
        return reply if instead is None else instead(fault, self.exchange)

    def _carry_out(self, call: Call, endpoint: str, fault: Fault | None) -> Reply:
        try:
            call.read_args()
            if call.path.startswith(_CHARTS):
                return self._chart(call)
            answer = self._answer(call, endpoint)
        except BadArgument as error:
            answer = failure(self.exchange.now_ms, str(error))
        except ValueError as error:
            answer = failure(self.exchange.now_ms, f"invalidArgument: {error}")
        if answer is None:
            return html(404, "404 Not Found")
        if fault is not None and fault.name in TO_ANSWER:
            TO_ANSWER[fault.name](fault, answer, self.exchange)
        return Reply(200, encode(answer))

    def _answer(self, call: Call, endpoint: str) -> Plain | None:
        if call.path.startswith(_HISTORY):
            return self._history(call, endpoint)
        if not call.path.startswith(_TRADING):
            return None
        key = (call.method, endpoint)
        if key in PUBLIC:
            return PUBLIC[key](self.exchange, call)
        handler = ORDERS.get(key) or ACCOUNT.get(key)
        if handler is None:
            return None
        batch = len(batch_of(call)) if endpoint == "batchorder" else 0
        tokens = cost(call.method, endpoint, call.args, batch)
        return self._refused(call, self._pool, tokens) or handler(self.exchange, call)

    def _history(self, call: Call, endpoint: str) -> Plain | None:
        if endpoint == "market/executions":
            return market_executions(self.exchange, call)
        handler = HISTORY.get((call.method, endpoint))
        if handler is None and endpoint != "account-log":
            return None
        tokens = history_cost(endpoint, call.args)
        refused = self._refused(call, self._history_pool, tokens)
        if refused is not None:
            return refused
        if handler is not None:
            return handler(self.exchange, call)
        return {
            "accountUid": history_answers.ACCOUNT,
            "logs": self._log.page(call.args),
        }

    def _refused(self, call: Call, pool: TokenPool, tokens: int) -> Plain | None:
        """Return the error of a private call whose key or rate does not let it pass."""
        now_ms = self.exchange.now_ms
        error = self._gatekeeper.refusal(
            call.headers, call.query + call.body, call.path
        )
        if error is not None:
            return failure(now_ms, error)
        if not self.exchange.config.rate_limited:
            return None
        if pool.spend(tokens, now_ms):
            return None
        return failure(now_ms, "apiLimitExceeded")

    def _chart(self, call: Call) -> Reply:
        _, symbol, interval = call.path.removeprefix(_CHARTS).split("/")
        limits = [call.args.get(name) for name in ("from", "to")]
        from_s, to_s = (None if text is None else int(text) for text in limits)
        body = self._charts.answer(symbol, interval, from_s, to_s)
        return html(404, "404 Not Found") if body is None else Reply(200, body)


def endpoint_of(path: str) -> str:
    """Return the endpoint's name that routes, limits and faults go by."""
    if path.startswith(_CHARTS):
        return "charts"
    for prefix in (*_TRADING, *_HISTORY):
        if path.startswith(prefix):
            name = path.removeprefix(prefix)
            if name.startswith("tickers/"):
                return "tickers/SYMBOL"
            parts = name.split("/")
            return "market/executions" if parts[0] == "market" else name
    return path
