"""Trade a history with the very modules and the very loop that trade live.

Orders are filled at the next candle's open, with spread, slippage by volume, partial
fills, fees, funding, margin and liquidation. Without --candles a synthetic history is
taken: for a try, not for a judgement. --set makes variants, and --walk-forward chooses
among them on the past only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architect.command_types import positive
from core.errors import ConfigError
from core.project import find_project

if TYPE_CHECKING:
    from core.trading.backtest.run import Result
    from core.trading.candles import Candles
    from core.trading.paper import PaperConfig
    from core.trading.trader.config import TraderConfig

EXAMPLE = """  architect backtest --candles DIR --plot equity.png
  architect backtest --candles DIR --from 2025-04-10 --to 2025-05-10 --symbols PF_XBTUSD
  architect backtest --candles DIR --set stop_multiple=4,6,8 --set take_multiple=6,9
  architect backtest --candles DIR --walk-forward"""
SYNTHETIC = 6000
SEARCHED = ("stop_multiple=4,6,8", "take_multiple=6,9,12")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add = parser.add_argument
    add("--candles", type=Path, metavar="DIR", help="a folder of CSV or CSV.gz files")
    add("--from", dest="start", metavar="DATE", help="first candle to trade in, UTC")
    add("--to", dest="end", metavar="DATE", help="where to end, UTC")
    add("--symbols", nargs="+", metavar="SYMBOL", help="PF_XBTUSD ... (default: all)")
    add("--each", action="store_true", help="an account for each symbol by itself")
    add("--set", action="append", default=[], metavar="NAME=V[,V...]", dest="settings",
        help="a setting of the trading loop; several values make variants")  # fmt: skip
    add("--tried", type=positive, help="variants tried in all, for the deflated Sharpe")
    add(
        "--balance",
        type=_usd,
        default=Decimal(10_000),
        metavar="USD",
        help="at the start",
    )
    add(
        "--walk-forward",
        action="store_true",
        help="choose on the past, judge on the next",
    )
    add("--train-days", type=positive, default=20, metavar="N", help="of a window (20)")
    add("--test-days", type=positive, default=10, metavar="N", help="of a window (10)")
    add(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="processes (default: all cores)",
    )
    add("--executor", metavar="MODULE:CALLABLE",
        help="returns a concurrent.futures.Executor to run on, such as a cluster's")  # fmt: skip
    add("--every-candle", action="store_true",
        help="run the whole tick at each candle: slower, and the same result")  # fmt: skip
    add("--plot", type=Path, metavar="FILE", help="draw equity, drawdown and trades")
    add("--json", action="store_true", help="print as JSON")


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount above 0")
    return amount


def run(options: argparse.Namespace) -> int:
    """Return 0; errors rise."""
    from core.trading.backtest.run import PAPER
    from core.trading.backtest.side_by_side import executor_of
    from core.trading.backtest.variants import variants

    root = find_project(Path.cwd(), options.root).root
    candles = _candles(options)
    settings = options.settings or (SEARCHED if options.walk_forward else ())
    chosen = variants(settings)
    paper = replace(PAPER, balance_usd=options.balance)
    tasks = len(chosen) * (len(candles) if options.each else 1)
    with executor_of(options.jobs, options.executor, tasks) as executor:
        if options.walk_forward:
            return _walk(options, root, candles, chosen, paper, executor)
        return _run_all(options, root, candles, chosen, paper, executor)


def _candles(options: argparse.Namespace) -> dict[str, Candles]:
    from core.trading.candles import load_folder
    from core.trading.synthetic import synthetic_candles

    if options.candles is None:
        print("no --candles: a synthetic history, good for a try only", file=sys.stderr)
        found = synthetic_candles(0, SYNTHETIC)
    else:
        found = load_folder(options.candles)
    wanted = options.symbols or list(found)
    missing = [symbol for symbol in wanted if symbol not in found]
    if missing:
        raise ConfigError(
            f"no candles of {', '.join(missing)}", hint=f"there are {', '.join(found)}"
        )
    return {symbol: found[symbol] for symbol in wanted}


def _period(
    options: argparse.Namespace, candles: Mapping[str, Candles]
) -> tuple[int, int]:
    from core.trading.backtest.periods import time_ms

    times = next(iter(candles.values())).time_ms
    start = time_ms(options.start) if options.start else int(times[0])
    return start, time_ms(options.end) if options.end else int(times[-1]) + 1


def _run_all(
    options: argparse.Namespace,
    root: Path,
    candles: Mapping[str, Candles],
    variants: Mapping[str, TraderConfig],
    paper: PaperConfig,
    executor: Executor | None,
) -> int:
    from core.trading.backtest.periods import setup_of
    from core.trading.backtest.report import deflated, summary
    from core.trading.backtest.side_by_side import run_all

    markets = [{s: c} for s, c in candles.items()] if options.each else [candles]
    setups = [
        setup_of(root, market, config, _period(options, market), paper=paper,
                 label=label, every_candle=options.every_candle)
        for market in markets
        for label, config in variants.items()
    ]  # fmt: skip
    results = run_all(setups, executor)
    found = [summary(result, root) for result in results]
    tried = max(options.tried or 0, len(variants))
    best = max(results, key=_sharpe)
    luck = deflated(results, best, tried)
    if options.plot:
        _draw(options.plot, best)
    if options.json:
        print(json.dumps({"results": found, "deflated_sharpe": luck}))
    else:
        _show(found, luck)
    return 0


def _sharpe(result: Result) -> float:
    from core.trading.backtest.stats import daily_returns, sharpe

    found = sharpe(daily_returns(result.curve.time_ms, result.curve.equity_usd))
    return found if found == found else float("-inf")


def _show(found: list[dict[str, Any]], luck: dict[str, Any]) -> None:
    from core.trading.backtest.report import lines

    for row in found:
        if row["label"]:
            print(f"-- {row['label']}")
        print("\n".join(lines(row)), end="\n\n")
    chance = luck["probability"]
    shown = "none" if chance is None else f"{chance:.3f}"
    named = f" of {luck['best']}" if luck["best"] else ""
    print(f"deflated Sharpe{named}: {shown}, the probability that its true Sharpe is above "
          f"what the best of {luck['variants']} by luck would be")  # fmt: skip


def _draw(path: Path, result: Result) -> None:
    from core.trading.backtest.picture import draw

    print(f"picture: {draw(path, result)}", file=sys.stderr)


def _walk(
    options: argparse.Namespace,
    root: Path,
    candles: Mapping[str, Candles],
    variants: Mapping[str, TraderConfig],
    paper: PaperConfig,
    executor: Executor | None,
) -> int:
    from core.trading.backtest.report import walked
    from core.trading.backtest.walk import walk, windows

    period = _period(options, candles)
    planned = windows(period, options.train_days, options.test_days)
    found = walked(walk(root, candles, variants, planned, paper, executor))
    if options.json:
        print(json.dumps(found))
        return 0
    for row in found["windows"]:
        print(f"test {row['test'][0]} to {row['test'][1]}: {row['test_net_frac']:+.2%} in "
              f"{row['trades']} trades, with {row['chosen']}")  # fmt: skip
    print(f"all test periods: {found['test_net_frac']:+.2%}; each variant was chosen on the "
          f"{options.train_days} days before, out of {len(variants)}")  # fmt: skip
    return 0
