"""Raw calls through the unmodified `ccxt.krakenfutures`: signed, budgeted, checked.

ccxt signs and sends; its unified parsing is not used, because it fails open: it turns
a maintenance page into an empty list. Each call returns a `Node` over the raw answer
or raises one of core.errors' kinds. What the answers mean stands in `ccxt_rest`.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from core.errors import (
    ConfigError,
    ExchangeUnavailable,
    MalformedAnswer,
    OutcomeUnknown,
)
from core.trading.gateway.answers import Node
from core.trading.gateway.ccxt_client import krakenfutures
from core.trading.gateway.ccxt_errors import meaning
from core.trading.gateway.ccxt_session import LeanSession
from core.trading.gateway.keys import Keys
from core.trading.gateway.limiter import SPENT_BEFORE, Need, RateLimiter, ServerClock

Params = Mapping[str, Any]

# https://docs.kraken.com/exchange/guides/futures/ratelimits
COSTS = {
    "privatePostSendorder": 10,
    "privatePostEditorder": 10,
    "privatePostCancelorder": 10,
    "privatePostCancelallordersafter": 25,
    "privateGetAccounts": 2,
    "privateGetOpenpositions": 2,
    "privateGetOpenorders": 2,
    "privateGetOrdersStatus": 1,
    "privateGetLeveragepreferences": 2,
    "privatePutLeveragepreferences": 10,
    "privateGetFills": 2,
}
FILLS_PAGE_COST = 25
# Of batchorder, beside one for each order.
BATCH_COST = 9
_HISTORY_BUDGET, _HISTORY_WINDOW_MS = 100, 600_000


class Calls:
    """The raw endpoints of one account; without keys the public ones alone. Thread-safe:
    each call has a client to itself.
    """

    def __init__(
        self,
        url: str,
        keys: Keys | None,
        *,
        clock: ServerClock,
        timeout_s: float = 10.0,
    ) -> None:
        self.clock = clock
        self._url, self._keys, self._timeout_s = _checked_url(url), keys, timeout_s
        self.check_entry: Callable[[], object] = lambda: None
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        # A process has lived at least for as long as it has computed.
        lived_ms = int(time.process_time() * 1000)
        self._limiter = RateLimiter(
            clock.elapsed_ms, spent_before=SPENT_BEFORE, lived_ms=lived_ms
        )
        self._history = RateLimiter(
            clock.elapsed_ms,
            budget=_HISTORY_BUDGET,
            window_ms=_HISTORY_WINDOW_MS,
            # There is nothing but readings in it.
            reserve=0,
            spent_before={Need.READ: 0.5},
            lived_ms=lived_ms,
        )

    def read(self, method: str, params: Params | None = None, cost: int = 0) -> Node:
        """Call a v3 endpoint that changes nothing; public ones cost nothing."""
        self._limiter.take(cost or COSTS.get(method, 0))
        return self._successful(method, self._call(method, params or {}, write=False))

    def history(self, method: str, params: Params, cost: int = 1) -> Node:
        """Call a charts (cost 0) or history endpoint; these tell no `result`."""
        self._history.take(cost)
        return Node(method, self._call(method, params, write=False))

    @contextmanager
    def write(
        self, method: str, params: Params, cost: int = 0, *, opens: bool = False
    ) -> Iterator[Node]:
        """Send a command; while its answer is read, an unreadable one is OutcomeUnknown.

        One that `opens` a position is not as urgent as one that reduces or protects it.
        """
        self._limiter.take(cost or COSTS[method], Need.ENTRY if opens else Need.EXIT)
        if opens:
            # Now: its tokens may have been waited for.
            self.check_entry()
        answer = self._call(method, params, write=True)
        try:
            yield self._successful(method, answer)
        except (MalformedAnswer, ExchangeUnavailable) as error:
            raise OutcomeUnknown(f"sent, but {error}") from None

    def _call(self, method: str, params: Params, *, write: bool) -> Any:
        client = self._take_client()
        client.last_http_response = None
        try:
            return getattr(client, method)(dict(params))
        except Exception as error:
            told = _told(client.last_http_response)
            # `from None`: the chain would show the signed request's headers to a debugger.
            raise meaning(method, error, told, write=write) from None
        finally:
            with self._lock:
                self._idle.append(client)

    def _successful(self, method: str, answer: Any) -> Node:
        node = Node(method, answer)
        result = node.text("result")
        if result != "success":
            raise ExchangeUnavailable(f"{method}: result is {result!r:.80}")
        self.clock.observe(node.time_ms("serverTime"))
        return node

    def _take_client(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _client(self._url, self._keys, self._timeout_s)


def _client(url: str, keys: Keys | None, timeout_s: float) -> Any:
    # ccxt's debug log prints request headers, and these hold the API key.
    silent = logging.Logger("ccxt-silent")
    silent.disabled = True
    client = krakenfutures(
        {
            "apiKey": keys.api_key if keys else "",
            "secret": keys.secret if keys else "",
            # Its flat 600 ms a call, public ones too, is replaced by RateLimiter.
            "enableRateLimit": False,
            "timeout": int(timeout_s * 1000),
            "logger": silent,
            "session": LeanSession(),
            "urls": {
                "api": {
                    "public": f"{url}/derivatives/api/",
                    "private": f"{url}/derivatives/api/",
                    "charts": f"{url}/api/charts/",
                    "history": f"{url}/api/history/",
                }
            },
        }
    )
    client.on_json_response = _exact_json
    # A redirect would carry the key's header to another host.
    client.session.max_redirects = 0
    return client


def _exact_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _told(body: Any) -> str | None:
    """Return the exchange's own name for an error, None if the body holds none."""
    try:
        answer = json.loads(body)
        error = answer.get("error") or answer["errors"][0]["message"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None
    return error[:200] if isinstance(error, str) else None


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "https" or (parts.scheme == "http" and local):
        return url.rstrip("/")
    raise ConfigError(
        f"--exchange-url {url!r} is neither https nor on this machine",
        hint="keys are not sent over plain http",
    )
