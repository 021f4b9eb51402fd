"""Show the trades of the books: open ones first, then the newest that were closed."""

from __future__ import annotations

import argparse
import json

from architect.command_types import positive

EXAMPLE = "  architect trades\n  architect trades 50"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "count",
        nargs="?",
        type=positive,
        default=20,
        metavar="N",
        help="how many at most",
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0; StoreUnavailable where nothing ran yet."""
    from architect.books import TRADES, rows, trade_line  # heavy: not for --help

    found = rows(options.root, TRADES, (options.count,))
    if options.json:
        print(json.dumps(found, default=str))
        return 0
    for row in found:
        print(trade_line(row))
    if not found:
        print("no trades")
    return 0
