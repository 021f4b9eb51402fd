"""Show how the trades went by hour of the day, UTC: win rate, net P&L, how many.

The interval beside each win rate is Wilson's score interval (Wilson 1927): few trades
leave it wide. The books are those of the running system, or of the last one that ran.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from architect.command_types import frac, picture

QUERY = "select * from trading_data.trades where closed_ms is not null"
EXAMPLE = "  architect heatmap\n  architect heatmap --by opened --plot hours.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--by",
        choices=("closed", "opened"),
        default="closed",
        help="which time of a trade gives its hour (default: closed)",
    )
    parser.add_argument(
        "--confidence",
        type=frac,
        default=0.95,
        metavar="FRAC",
        help="of the intervals, above 0 and below 1 (default: 0.95)",
    )
    parser.add_argument(
        "--plot", type=picture, metavar="FILE", help="draw it too: PNG, SVG or PDF"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0."""
    # Heavy: not for --help.
    from architect import config as configuration
    from architect.atomic import write_failed
    from architect.books import rows
    from architect.hours import hours_of

    config = configuration.load(options.root)
    trades = rows(options.root, QUERY)
    hours = hours_of(config.project, trades, options.by, options.confidence)
    if options.json:
        print(json.dumps([_plain(stats) for stats in hours]))
    else:
        _show(hours, options)
    if options.plot:
        from architect.hours_picture import draw_hours

        how = "closed" if options.by == "closed" else "were opened"
        intervals = f"{_percent(options.confidence)} intervals"
        title = f"Trades by the hour in which they {how}, {intervals}"
        try:
            drawn = draw_hours(options.plot, hours, title)
        except OSError as error:
            raise write_failed(options.plot, error) from None
        print(f"wrote {drawn}", file=sys.stderr)
    return 0


def _percent(frac: float) -> str:
    return f"{frac * 100:g}%"


def _plain(stats: Any) -> dict[str, Any]:
    names = ("hour", "trades", "wins", "win_rate", "win_low", "win_high")
    plain = {name: getattr(stats, name) for name in names}
    return {**plain, "net_usd": str(stats.net_usd)}


def _show(hours: Sequence[Any], options: argparse.Namespace) -> None:
    if not hours:
        print("no trade has closed yet", file=sys.stderr)
        return
    head = f"{_percent(options.confidence)} interval"
    print(f"hour  trades  wins  win rate  {head:>14}  {'net USD':>12}")
    for s in hours:
        interval = f"{s.win_low:.0%} to {s.win_high:.0%}"
        print(f"{s.hour:02d}    {s.trades:6d}  {s.wins:4d}  {s.win_rate:8.0%}  "
              f"{interval:>14}  {s.net_usd:>12,.2f}")  # fmt: skip
    trades, wins = sum(s.trades for s in hours), sum(s.wins for s in hours)
    net = sum((s.net_usd for s in hours), Decimal(0))
    print(
        f"all   {trades:6d}  {wins:4d}  {wins / trades:8.0%}  {'':>14}  {net:>12,.2f}"
    )
