"""The account log of the history API: the true fees, P&L and funding.

A trade has two entries, as at Kraken: the cash with its fee, P&L and funding, then the
position with its sizes. Each row of the books owns two ids, so an id never changes.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.trading.paper.books import Books, LedgerRow
from core.trading.paper.history_answers import page
from core.trading.paper.wire import Plain, iso, with_numbers


class AccountLog:
    """Entries are rendered once, for the log only grows and is read every candle."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._rendered = 0
        self._entries: list[tuple[int, Plain]] = []

    def page(self, args: Mapping[str, str]) -> list[Plain]:
        """Return `logs`; `from` and `to` are ids (both included), `info` is a kind.

        Raises ValueError for a time or a number that cannot be read.
        """
        for row in self._books.ledger[self._rendered :]:
            rendered = map(with_numbers, _entries(row))
            self._entries += [(row.time_ms, entry) for entry in rendered]
        self._rendered = len(self._books.ledger)
        rows = self._entries
        if "from" in args or "to" in args:
            low, high = int(args.get("from", 0)), int(args.get("to", 2**62))
            rows = [row for row in rows if low <= row[1]["id"] <= high]
        if "info" in args:
            rows = [row for row in rows if row[1]["info"] == args["info"]]
        return page(rows, args)


def _entries(row: LedgerRow) -> list[Plain]:
    fill = row.fill
    common: Plain = {
        "booking_uid": f"{row.row_id:08d}-0000-4000-8000-000000000000",
        "contract": row.symbol.lower() or None,
        "date": iso(row.time_ms),
        "execution": fill.fill_id if fill else None,
        "funding_rate": row.funding_rate,
        "info": row.kind,
        # A liquidation here costs its fee alone.
        "liquidation_fee": None,
        "margin_account": "flex",
        "mark_price": row.mark_price,
        "trade_price": fill.price if fill else None,
        "old_average_entry_price": row.old_entry_price,
        "new_average_entry_price": row.entry_price,
    }
    cash = common | {
        "id": 2 * row.row_id - 1,
        "asset": "usd",
        "fee": row.fee_usd,
        "old_balance": row.old_balance_usd,
        "new_balance": row.balance_usd,
        "realized_funding": row.funding_usd,
        "realized_pnl": row.realised_usd,
    }
    if fill is None:
        return [cash]
    position = common | {
        "id": 2 * row.row_id,
        "asset": row.symbol.lower(),
        "fee": None,
        "old_balance": row.old_size,
        "new_balance": row.size,
        "realized_funding": None,
        "realized_pnl": None,
    }
    return [cash, position]
