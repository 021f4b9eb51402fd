"""Faults on request: what can go wrong between a client and an exchange.

A fault waits for the next matching call, or strikes with a seeded probability. Three
tables say what each kind does: instead of the call (it was not carried out), to the
call (it is carried out otherwise), or to its answer (it was carried out).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.trading.paper import reach
from core.trading.paper.call import Call, Reply
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.wire import Plain, encode, failure, iso, read_time_ms

_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_TITLES = {
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Timeout",
}


@dataclass(slots=True)
class Fault:
    """A fault in waiting. `match` is an endpoint such as sendorder, or * for any.

    `skip` calls pass first; then it strikes `times` times (None: for ever), each time
    with `probability`. Calls to which it could do nothing are none of these. `params`
    belong to the kind: after (bool), status, only (of a batch: stop or entry), share,
    delay_s, candles, skew_ms, older (bool: late positions that grew are shown smaller).
    """

    name: str
    match: str = "*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    params: Mapping[str, Any] = field(default_factory=dict)
    struck: int = 0


Instead = Callable[[Fault, PaperExchange], Reply]
ToCall = Callable[[Fault, str, Call, PaperExchange], None]
ToAnswer = Callable[[Fault, Plain, PaperExchange], None]


def html(status: int, title: str) -> Reply:
    """Return a page where a client expects JSON."""
    return Reply(status, _PAGE.format(title).encode(), "text/html")


def _http(status: int) -> Instead:
    return lambda _fault, _exchange: html(status, _TITLES[status])


def _maintenance(_fault: Fault, _exchange: PaperExchange) -> Reply:
    return html(200, "Kraken Futures is undergoing maintenance")


def _rate_limit(fault: Fault, exchange: PaperExchange) -> Reply:
    status = int(fault.params.get("status", 200))
    if status == 429:
        return html(429, "429 Too Many Requests")
    return Reply(200, encode(failure(exchange.now_ms, "apiLimitExceeded")))


def _connection_lost(_fault: Fault, _exchange: PaperExchange) -> Reply:
    return Reply(0, b"", drop=True)


def _restart(_fault: Fault, exchange: PaperExchange) -> Reply:
    exchange.lose_orders()
    return html(503, _TITLES[503])


def _reject(fault: Fault, endpoint: str, call: Call, _exchange: PaperExchange) -> None:
    call.forced_status = reach.status_of(fault, endpoint)
    call.forced_for = str(fault.params.get("only", ""))


def _partial_fill(
    fault: Fault, _endpoint: str, call: Call, _exchange: PaperExchange
) -> None:
    call.take_share = Decimal(str(fault.params.get("share", "0.5")))


def _liquidation(
    _fault: Fault, _endpoint: str, _call: Call, exchange: PaperExchange
) -> None:
    exchange.liquidate()


def _duplicated_fills(_fault: Fault, answer: Plain, _exchange: PaperExchange) -> None:
    if "fills" in answer:
        answer["fills"] = [row for row in answer["fills"] for _ in range(2)]


def _late_fills(fault: Fault, answer: Plain, exchange: PaperExchange) -> None:
    late_ms = int(fault.params.get("candles", 1)) * exchange.market.interval_ms
    until_ms = exchange.now_ms - late_ms
    if "fills" in answer:
        fills = answer["fills"]
        answer["fills"] = [f for f in fills if read_time_ms(f["fillTime"]) <= until_ms]


def _late_positions(fault: Fault, answer: Plain, exchange: PaperExchange) -> None:
    if "openPositions" in answer:
        older = bool(fault.params.get("older"))
        rows = [_late_row(row, exchange, older) for row in answer["openPositions"]]
        answer["openPositions"] = [row for row in rows if row is not None]


def _late_row(row: Plain, exchange: PaperExchange, older: bool) -> Plain | None:
    """Return a position as it is read late: not yet there, or as before its newest fill."""
    if read_time_ms(row["fillTime"]) < exchange.now_ms:
        return row
    log = reversed(exchange.books.ledger)
    newest = next(e for e in log if e.fill and e.symbol == row["symbol"])
    grew = newest.old_size * newest.size > 0 and abs(newest.old_size) < abs(newest.size)
    if not (older and grew):
        return None
    return {**row, "size": abs(newest.old_size), "price": newest.old_entry_price}


def _late_log(_fault: Fault, answer: Plain, exchange: PaperExchange) -> None:
    if "logs" in answer:
        now_ms = exchange.now_ms
        logs = answer["logs"]
        answer["logs"] = [row for row in logs if read_time_ms(row["date"]) < now_ms]


def _clock_skew(fault: Fault, answer: Plain, exchange: PaperExchange) -> None:
    if "serverTime" in answer:
        skew_ms = int(fault.params.get("skew_ms", 60_000))
        answer["serverTime"] = iso(exchange.now_ms + skew_ms)


INSTEAD: dict[str, Instead] = {
    "http_500": _http(500),
    "http_502": _http(502),
    "http_503": _http(503),
    "http_504": _http(504),
    "html_200": _maintenance,
    "rate_limit": _rate_limit,
    "connection_lost": _connection_lost,
    "restart_lost_orders": _restart,
}
TO_CALL: dict[str, ToCall] = {
    "reject": _reject,
    "partial_fill": _partial_fill,
    "liquidation": _liquidation,
}
TO_ANSWER: dict[str, ToAnswer] = {
    "duplicated_fills": _duplicated_fills,
    "late_fills": _late_fills,
    "late_positions": _late_positions,
    "late_log": _late_log,
    "clock_skew": _clock_skew,
}
NAMES = (*INSTEAD, *TO_CALL, *TO_ANSWER, "reply_lost_after_accept", "slow")


class Faults:
    """The faults in waiting, and how often each kind has struck.

    `last` is the one that struck the last call, None if none did.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._waiting: list[Fault] = []
        self.counts: dict[str, int] = {}
        self.last: Fault | None = None

    def add(self, fault: Fault) -> None:
        """Queue a fault; ValueError for an unknown one, or one that could do nothing."""
        if fault.name not in NAMES:
            raise ValueError(f"no fault {fault.name!r}; there are {', '.join(NAMES)}")
        reach.check(fault)
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults in waiting."""
        self._waiting.clear()

    def strike(
        self, endpoint: str, reached: Callable[[Fault], bool] = lambda _fault: True
    ) -> Fault | None:
        """Return the fault that strikes this call, the first one queued, or None.

        `reached` tells whether a fault does anything to the call.
        """
        self.last = self._struck(endpoint, reached)
        return self.last

    def _struck(self, endpoint: str, reached: Callable[[Fault], bool]) -> Fault | None:
        for fault in self._waiting:
            if fault.match not in ("*", endpoint) or not reached(fault):
                continue
            if not self._is_due(fault):
                continue
            fault.struck += 1
            self.counts[fault.name] = self.counts.get(fault.name, 0) + 1
            if fault.times is not None and fault.struck >= fault.times:
                self._waiting.remove(fault)
            return fault
        return None

    def _is_due(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        return fault.probability >= 1 or self._random.random() < fault.probability
