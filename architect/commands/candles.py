"""Fetch closed candles from the exchange's public charts into a folder of CSV files.

No key is needed. A second run adds what has closed since, with --follow the same run does;
what it has fetched stays when it is interrupted. Where the exchange has no candle (an
outage) it is flat at the close before it, with volume 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from architect.command_types import positive
from architect.terminal import Progress
from core.errors import ConfigError

if TYPE_CHECKING:
    from architect.candle_fetch import Charts, Span
    from architect.candle_file import CandleFile

EXAMPLE = """  architect candles --to candles
  architect candles --to candles --follow
  architect candles --to candles --from 2026-01-01 --symbols PF_XBTUSD
  architect backtest --candles candles --plot equity.png"""
DAY_MS = 86_400_000
# What the trading loop trades on.
INTERVAL = "5m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add = parser.add_argument
    add("--to", type=Path, required=True, metavar="DIR", help="the folder to write to")
    add("--days", type=positive, default=60, metavar="N", help="from N days ago (60)")
    add("--from", dest="start", metavar="DATE", help="from this date instead, UTC")
    add("--until", dest="end", metavar="DATE", help="where to end, UTC (now)")
    add("--symbols", nargs="+", metavar="SYMBOL", help="PF_XBTUSD ... (default: all)")
    add("--interval", default=INTERVAL, help=f"of a candle ({INTERVAL}, as is traded)")
    add(
        "--follow",
        action="store_true",
        help="go on with each candle that closes, until Ctrl-C",
    )
    add("--json", action="store_true", help="--follow: one line of JSON a step")
    add("--parent", type=int, default=0, help="--follow: end when this process ends")
    add(
        "--exchange-url",
        metavar="URL",
        help="another exchange that speaks Kraken's API",
    )


def run(options: argparse.Namespace) -> int:
    """Return 0; errors rise."""
    from architect.candle_fetch import Charts
    from architect.candle_file import opened
    from core import process
    from core.config import KRAKEN

    if options.json and not options.follow:
        raise ConfigError("--json goes with --follow", hint="leave it out")
    if options.parent:
        # Also in the middle of a long fetch.
        process.end_with_parent(options.parent, threading.Event())
    symbols = _symbols(options)
    _check(options)
    charts, files = Charts(options.exchange_url or KRAKEN), {}
    with ExitStack() as held:
        for symbol in symbols:
            span = _span(options, symbol, charts.now_ms(symbol))
            path = options.to / f"{symbol}_{span.interval}.csv"
            files[symbol] = held.enter_context(opened(path, span.step_ms))
            _fetch(charts, span, files[symbol], quiet=options.json)
        if options.follow:
            _follow(charts, files, options)
    return 0


def _follow(
    charts: Charts, files: Mapping[str, CandleFile], options: argparse.Namespace
) -> None:
    from core import process

    stop = process.stop_event()

    def tell(kind: str, text: str) -> None:
        if options.json:
            print(json.dumps({"kind": kind, "text": text}), flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    tell("ready", f"following {', '.join(files)} in {options.to}; Ctrl-C ends it")
    charts.follow(files, options.interval, stop.wait, tell)


def _fetch(charts: Charts, span: Span, file: CandleFile, quiet: bool) -> None:
    from core.trading.dates import iso

    if not quiet and file.first_ms is not None and span.start_ms < file.first_ms:
        print(f"note: {file.path} begins at {iso(file.first_ms)} and grows at its end; "
              "move it away for older candles", file=sys.stderr)  # fmt: skip
    wanted = max(0, span.end_ms - span.start_ms) // span.step_ms
    with Progress(span.symbol, wanted, quiet, unit="candles") as progress:
        new, missing = charts.fetch(span, file, lambda done: progress.at(done, ""))
    if quiet:
        return
    if file.first_ms is None or file.last_ms is None:
        print(f"{span.symbol}: the exchange has no candles of that time")
        return
    are = "is" if missing == 1 else "are"
    flat = f"; {missing} of them {are} flat, the exchange has none" if missing else ""
    print(f"{span.symbol}: {len(file):,} candles from {iso(file.first_ms)} to "
          f"{iso(file.last_ms)} in {file.path}, {new:,} new{flat}")  # fmt: skip


def _symbols(options: argparse.Namespace) -> list[str]:
    from core.trading.contracts import CONTRACTS
    from core.trading.gateway.adapter import INTERVALS_MS

    wanted = options.symbols or list(CONTRACTS)
    if unknown := [symbol for symbol in wanted if symbol not in CONTRACTS]:
        raise ConfigError(
            f"a history of {', '.join(unknown)} cannot be traded",
            hint=f"--symbols takes {', '.join(CONTRACTS)}",
        )
    if options.interval not in INTERVALS_MS:
        raise ConfigError(
            f"there are no candles of {options.interval!r}",
            hint=f"--interval takes {', '.join(INTERVALS_MS)}",
        )
    return list(dict.fromkeys(wanted))


def _check(options: argparse.Namespace) -> None:
    """Refuse what will not do before the exchange is asked."""
    from core.trading.dates import time_ms

    for text in filter(None, (options.start, options.end)):
        time_ms(text)
    try:
        options.to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"--to: cannot write {options.to}: {error.strerror}",
            hint="give a folder that can be written",
        ) from None


def _span(options: argparse.Namespace, symbol: str, now_ms: int) -> Span:
    from architect.candle_fetch import Span
    from core.trading.dates import time_ms

    start_ms = now_ms - options.days * DAY_MS
    start_ms = time_ms(options.start) if options.start else start_ms
    end_ms = min(time_ms(options.end), now_ms) if options.end else now_ms
    if start_ms >= end_ms:
        raise ConfigError(
            "nothing lies between the dates", hint="--from is before --until and now"
        )
    return Span(symbol, options.interval, start_ms, end_ms)
