"""Reads the fills, newest 100 at a time, as far back as is asked.

A page that is full is followed by another, so that a busy hour is not cut to its last
hundred fills. Fills of the same millisecond across two pages are told apart by id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from core.trading.gateway.adapter import Row
from core.trading.gateway.answers import Node
from core.trading.gateway.ccxt_calls import FILLS_PAGE_COST, Calls
from core.trading.gateway.kraken_rows import fill

_PAGE = 100


def fill_rows(calls: Calls, since_ms: int) -> list[Row]:
    """Return Fill rows at or after since_ms, oldest first, each once."""
    rows = [row for page in _pages(calls, since_ms) for row in page]
    once = {row["fill_id"]: row for row in rows if row["time_ms"] >= since_ms}
    # Of one millisecond as the exchange lists them, newest first: their ids are random.
    oldest_first = [*once.values()][::-1]
    return sorted(oldest_first, key=lambda row: int(row["time_ms"]))


def _pages(calls: Calls, since_ms: int) -> Iterator[list[Row]]:
    answer = calls.read("privateGetFills")
    seen: set[str] = set()
    while True:
        page = [fill(row) for row in answer.rows("fills")]
        yield page
        oldest = min((row["time_ms"] for row in page), default=0)
        if len(page) < _PAGE or oldest < since_ms:
            return
        ids = {row["fill_id"] for row in page}
        if ids <= seen:
            raise answer.refuse(f"pages on end at {oldest}")
        seen |= ids
        answer = _page_before(calls, oldest + 1)


def _page_before(calls: Calls, time_ms: int) -> Node:
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return calls.read("privateGetFills", {"lastFillTime": text}, FILLS_PAGE_COST)
