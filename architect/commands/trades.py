"""Show the trades of the books: open ones first, then the newest that were closed."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

EXAMPLE = "  architect trades\n  architect trades 50"
QUERY = """
select trade_id, symbol, side, size, entry_price, exit_price, opened_ms, closed_ms,
    realised_usd - fees_usd + funding_usd as net_usd, exit_reason
from trading_data.trades order by closed_ms desc nulls first, opened_ms desc limit %s
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "count", nargs="?", type=int, default=20, metavar="N", help="how many at most"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0; StoreUnavailable when the system is not up."""
    from architect.books import rows  # heavy: not for --help

    found = rows(options.root, QUERY, (options.count,))
    if options.json:
        print(json.dumps(found, default=str))
        return 0
    for row in found:
        print(_line(row))
    if not found:
        print("no trades")
    return 0


def _line(row: dict[str, Any]) -> str:
    opened = datetime.fromtimestamp(row["opened_ms"] / 1000, UTC)
    end = "open" if row["closed_ms"] is None else f"{row['exit_price']:f}"
    return (
        f"{opened:%Y-%m-%d %H:%M}  {row['symbol']:12} {row['side']:5} {row['size']:f}"
        f" at {row['entry_price']:f} -> {end}  {row['net_usd']:+.2f} USD"
        f"  {row['exit_reason'] or ''}"
    ).rstrip()
