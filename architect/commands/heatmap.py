"""Show what trades made by the hour (UTC) in which they were opened."""

from __future__ import annotations

import argparse
import json

EXAMPLE = "  architect heatmap\n  architect heatmap --json"
QUERY = "select hour, trades, wins, net_usd from trading_data.heatmap order by hour"
WIDTH = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0; StoreUnavailable when the system is not up."""
    from architect.books import rows  # heavy: not for --help

    found = rows(options.root, QUERY)
    if options.json:
        print(json.dumps(found, default=str))
        return 0
    largest = max((abs(row["net_usd"]) for row in found), default=0) or 1
    for row in found:
        bar = "#" * round(WIDTH * abs(row["net_usd"]) / largest)
        wins = f"{row['wins']}/{row['trades']}"
        print(f"{row['hour']:02}  {row['net_usd']:+10.2f} USD  {wins:>9} won  {bar}")
    if not found:
        print("no trade was closed yet")
    return 0
