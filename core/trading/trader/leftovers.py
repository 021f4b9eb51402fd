"""Trades that an earlier process left open in the store, with what they have cost.

Their sums are taken from the exchange's account log, for that process may have died
before it wrote them. Whether such a trade goes on or has ended is the loop's business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.trading.ports import Store
from core.trading.trader.books import Totals
from core.trading.trader.trades import OpenTrade

Row = dict[str, Any]
DAY_MS = 86_400_000


def left_open(
    store: Store, entries_since: Callable[[int], list[Any]]
) -> list[OpenTrade]:
    """Return the trades without an end, oldest first; their `levels` are None yet.

    `entries_since(time_ms)` gives the entries of the account log that this process does not
    book any more: those that it will would count twice.
    """
    rows = store.rows("trades", 0)
    left = [row for row in rows if row["closed_ms"] is None]
    if not left:
        return []
    # A day more: the log's clock need not be ours.
    since_ms = min(_first_of(row, rows)["opened_ms"] for row in left) - DAY_MS
    entries = entries_since(max(0, since_ms))
    return [_trade(row, accrued(row, rows, entries)) for row in left]


def _trade(row: Row, accrued: Totals) -> OpenTrade:
    """Sums of this process begin at zero, so the base is what came before, negative."""
    return OpenTrade(
        trade_id=row["trade_id"],
        symbol=row["symbol"],
        side=row["side"],
        size=row["size"],
        entry_price=row["entry_price"],
        levels=None,
        opened_ms=row["opened_ms"],
        score=float(row["score"] or 0),
        base_realised_usd=-accrued.realised_usd,
        base_fees_usd=-accrued.fees_usd,
        base_funding_usd=-accrued.funding_usd,
    )


def accrued(row: Row, rows: list[Row], entries: list[Any]) -> Totals:
    """Return the sums of a trade from the account log; the row's own if it is not there.

    The log does not say which trade an entry belongs to. Where one trade of the symbol
    ended in the tick in which the next began, both are summed and the first, whose sums
    are known, is taken off.
    """
    others: list[Row] = []
    first = row
    while (before := _ended_at(first, rows)) is not None:
        others.append(before)
        first = before
    mine = [
        e
        for e in entries
        if e.symbol == row["symbol"] and e.time_ms >= first["opened_ms"]
    ]
    if not mine:
        return Totals(row["realised_usd"], row["fees_usd"], row["funding_usd"])
    return Totals(
        sum(e.realised_usd for e in mine) - sum(o["realised_usd"] for o in others),
        sum(e.fee_usd for e in mine) - sum(o["fees_usd"] for o in others),
        sum(e.funding_usd for e in mine) - sum(o["funding_usd"] for o in others),
    )


def _first_of(row: Row, rows: list[Row]) -> Row:
    """Return the first of the trades that ended when the next of them began."""
    while (before := _ended_at(row, rows)) is not None:
        row = before
    return row


def _ended_at(row: Row, rows: list[Row]) -> Row | None:
    """Return the trade of the same symbol that ended when this one began."""
    found = (
        other
        for other in rows
        if other["symbol"] == row["symbol"]
        and other["closed_ms"] == row["opened_ms"]
        and other["opened_ms"] < row["opened_ms"]
    )
    return next(found, None)
