"""The books of a run, row by row: what the stores hold against what the exchange booked.

Equal sums at the end prove little where a restart begins with the exchange's own balance,
so every fill and every entry of the account log must have been written, once and as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.trading.paper.books import Books, LedgerRow

ZERO, CENT = Decimal(0), Decimal("0.01")
Row = Mapping[str, Any]
FILL = ("client_id", "symbol", "side", "size", "price")
ENTRY = ("symbol", "realised_usd", "fee_usd", "funding_usd", "transfer_usd")
SHOWN = 3


def row_problems(
    books: Books, fills: Iterable[Row], ledger: Iterable[Row]
) -> list[str]:
    """Return how the stored fills and log entries part from the exchange's, empty if not at all."""
    true_fills = {
        fill.fill_id: (
            fill.order.client_id or "", fill.order.symbol, fill.order.side, fill.size,
            fill.price,
        )
        for fill in books.fills
    }  # fmt: skip
    true_entries = {
        # A row of the books has two ids in the log, the first of them its cash.
        2 * row.row_id - 1: (
            row.symbol, row.realised_usd, row.fee_usd, row.funding_usd,
            row.transfer_usd,
        )
        for row in books.ledger
    }  # fmt: skip
    return [
        *_parting("fills", true_fills, _by_id(fills, "fill_id", FILL)),
        *_parting("ledger", true_entries, _by_id(ledger, "entry_id", ENTRY)),
    ]


def _by_id(
    rows: Iterable[Row], key: str, names: Sequence[str]
) -> dict[Any, tuple[Any, ...]]:
    # The empty text and null both say that there is none.
    return {
        row[key]: tuple("" if row[name] is None else row[name] for name in names)
        for row in rows
    }


def _parting(
    table: str, truth: Mapping[Any, tuple[Any, ...]], found: Mapping[Any, Any]
) -> Iterator[str]:
    both = truth.keys() & found.keys()
    kinds = {
        "missing": sorted(truth.keys() - found.keys()),
        "unknown to the exchange": sorted(found.keys() - truth.keys()),
        "not as there": sorted(key for key in both if truth[key] != found[key]),
    }
    for kind, keys in kinds.items():
        if keys:
            some = ", ".join(map(str, keys[:SHOWN]))
            yield f"{table}: {len(keys)} of {len(truth)} {kind} ({some})"


def trade_problems(books: Books, trades: Iterable[Row]) -> list[str]:
    """Return for which symbols the closed trades did not earn, to the cent, what the
    exchange booked for the positions that have ended there, and which seem to be why.
    """
    earned: dict[str, list[Decimal]] = {}
    for row in trades:
        if row["closed_ms"] is not None:
            net = row["realised_usd"] - row["fees_usd"] + row["funding_usd"]
            earned.setdefault(row["symbol"], []).append(net)
    problems = []
    for symbol in sorted(books.holdings.keys() | earned.keys()):
        ours, ended = earned.get(symbol, []), _ended(books, symbol)
        truth = {opener: sum(map(_net, rows), ZERO) for opener, rows in ended}
        got, due = sum(ours, ZERO), sum(truth.values(), ZERO)
        if abs(got - due) >= CENT:
            other = [o for o, usd in truth.items() if not _is_there(usd, ours)]
            problems.append(
                f"trades of {symbol}: {got:.4f}, the exchange {due:.4f}"
                f" (no trade has what came of {', '.join(other[:SHOWN])})"
            )
    return problems


def _ended(books: Books, symbol: str) -> list[tuple[str, list[LedgerRow]]]:
    """Return the rows of each position that has ended, by what opened it; those of one that
    is still open are left out.
    """
    found, rows = [], []
    for row in books.ledger:
        if row.symbol != symbol:
            continue
        rows.append(row)
        if not row.size:
            found.append((_opener(rows), rows))
            rows = []
    return found


def _opener(rows: Sequence[LedgerRow]) -> str:
    fill = rows[0].fill
    name = (fill.order.client_id or fill.order.order_id) if fill else rows[0].kind
    return f"{name}#{rows[0].row_id}"


def _is_there(usd: Decimal, ours: Iterable[Decimal]) -> bool:
    return any(abs(usd - net) < CENT for net in ours)


def log_lines(books: Books) -> Iterator[str]:
    """Yield the exchange's account log as lines of JSON, to look into a bad run with."""
    for row in books.ledger:
        fill = row.fill
        of_fill = {} if fill is None else {
            "fill_id": fill.fill_id, "client_id": fill.order.client_id,
            "side": fill.order.side, "filled": fill.size, "price": fill.price,
        }  # fmt: skip
        line = {
            "entry_id": 2 * row.row_id - 1, "time_ms": row.time_ms, "kind": row.kind,
            "symbol": row.symbol, **of_fill, "position": row.size,
            **{name: getattr(row, name) for name in ENTRY[1:]},
        }  # fmt: skip
        yield json.dumps(line, default=str) + "\n"


def _net(row: LedgerRow) -> Decimal:
    return row.realised_usd - row.fee_usd + row.funding_usd
