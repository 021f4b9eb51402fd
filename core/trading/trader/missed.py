"""What came while no process was there to book it: fills and log entries that the store lacks.

A stop that was reached, a fee, funding: the exchange has them, and positions and sums of a
new process begin with what they made. Their rows are fetched here, so that the tables hold
all of them over every restart.
"""

from __future__ import annotations

from typing import Any

from core.records import row_of
from core.trading.ports import Exchange, Store

HOUR_MS = 3_600_000
# Shown late, and by clocks that differ: so far before the newest row others may be missing.
OVERLAP_MS = HOUR_MS
# How far back the newest row is looked for, before all of a table is read.
LOOKS_MS = (HOUR_MS, 24 * HOUR_MS, 30 * 24 * HOUR_MS)

Row = tuple[str, dict[str, Any]]


def missed(store: Store, exchange: Exchange, now_ms: int) -> list[Row]:
    """Return the table and row of each fill and entry since the books began that the store
    does not hold. Nothing for books that have not begun.
    """
    found: list[Row] = []
    since_ms = missed_since(store, "fills", now_ms)
    if since_ms is not None:
        fills = exchange.fills(since_ms)
        found += _unknown(store, "fills", "fill_id", since_ms, fills)
    since_ms = missed_since(store, "ledger", now_ms)
    if since_ms is not None:
        entries = exchange.ledger(0, since_ms)
        found += _unknown(store, "ledger", "entry_id", since_ms, entries)
    return found


def missed_since(store: Store, table: str, now_ms: int) -> int | None:
    """Return from when on rows of a table may be missing, None where the books have not
    begun.

    A process looks for what it missed when it starts. So what is before the first row of
    equity in the overlap was looked for then, or is older than the books.
    """
    newest_ms = _newest(store, table, now_ms)
    ticks = store.rows("equity", 0 if newest_ms is None else newest_ms - OVERLAP_MS)
    if ticks:
        first_ms = int(ticks[0]["time_ms"])
        return first_ms if newest_ms is None else min(first_ms, newest_ms)
    return newest_ms


def _newest(store: Store, table: str, now_ms: int) -> int | None:
    for since_ms in (*(now_ms - back_ms for back_ms in LOOKS_MS), 0):
        if rows := store.rows(table, max(0, since_ms)):
            return int(rows[-1]["time_ms"])
    return None


def _unknown(
    store: Store, table: str, key: str, since_ms: int, records: list[Any]
) -> list[Row]:
    known = {row[key] for row in store.rows(table, since_ms)}
    return [
        (table, row_of(record))
        for record in records
        if record.time_ms >= since_ms and getattr(record, key) not in known
    ]
