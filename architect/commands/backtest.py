"""Trade a history with the very modules and the very loop that trade live.

Orders are filled at the next candle's open, with spread, slippage by volume, partial
fills, fees, funding, margin and liquidation. Without --candles a synthetic history is
taken: for a try, not for a judgement. --set makes variants, and --walk-forward chooses
among them on the past only. --strategy trades one module by itself: candles in, the wanted
position out.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import Executor
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architect.command_types import picture, positive
from core.plain_words import counted

if TYPE_CHECKING:
    from architect.backtest_plan import Plan
    from core.trading.backtest.run import Result

TRAIN_DAYS, TEST_DAYS = 20, 10
EXAMPLE = """  architect backtest --candles DIR --plot equity.png
  architect backtest --candles DIR --from 2025-04-10 --to 2025-05-10 --symbols PF_XBTUSD
  architect backtest --candles DIR --set stop_multiple=4,6,8 --set take_multiple=6,9
  architect backtest --candles DIR --walk-forward
  architect backtest --candles DIR --strategy ema_cross --set fast=5,9 --set slow=21,34"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add = parser.add_argument
    add("--candles", type=Path, metavar="DIR", help="a folder of CSV or CSV.gz files")
    add("--from", dest="start", metavar="DATE", help="first candle to trade in, UTC")
    add("--to", dest="end", metavar="DATE", help="where to end, UTC")
    add("--symbols", nargs="+", metavar="SYMBOL", help="PF_XBTUSD ... (default: all)")
    add("--strategy", metavar="MODULE",
        help="an indicator that wants a position, in place of the trading loop")  # fmt: skip
    add("--notional-frac", type=_usd, metavar="F",
        help="a strategy's position as a part of the equity (1)")  # fmt: skip
    add("--each", action="store_true", help="an account for each symbol by itself")
    add("--set", action="append", default=[], metavar="NAME=V[,V...]", dest="settings",
        help="a setting of the loop or of the strategy; several values make variants")  # fmt: skip
    add("--tried", type=positive,
        help="accounts tried in all, for the deflated Sharpe (those that run now)")  # fmt: skip
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
    add("--train-days", type=positive, metavar="N", help=f"of a window ({TRAIN_DAYS})")
    add("--test-days", type=positive, metavar="N", help=f"of a window ({TEST_DAYS})")
    add(
        "--jobs",
        type=positive,
        default=0,
        metavar="N",
        help="processes (default: all cores)",
    )
    add("--executor", metavar="MODULE:CALLABLE",
        help="returns a concurrent.futures.Executor to run on, such as a cluster's")  # fmt: skip
    add("--every-candle", action="store_true",
        help="run the whole tick at each candle: slower, and the same result")  # fmt: skip
    add("--plot", type=picture, metavar="FILE",
        help="draw equity, drawdown and trades: PNG, SVG or PDF")  # fmt: skip
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
    """Return 0, 2 for options that do not go together; errors rise."""
    if (told := _apart(options)) is not None:
        print(f"error: {told[0]}\nhint: {told[1]}", file=sys.stderr)
        return 2
    from architect.backtest_plan import plan_of
    from core.trading.backtest.side_by_side import executor_of

    plan = plan_of(options)
    markets = len(plan.markets)
    tasks = len(plan.labels) * (1 if options.walk_forward else markets)
    with executor_of(options.jobs, options.executor, tasks) as executor:
        if options.walk_forward:
            return _walk(options, plan, executor)
        return _run_all(options, plan, executor)


def _apart(options: argparse.Namespace) -> tuple[str, str] | None:
    """Return an error and a hint for options that would do nothing beside the others."""
    if options.strategy is None and options.notional_frac:
        return "--notional-frac is of a strategy's position", "give --strategy MODULE"
    if options.strategy and options.every_candle:
        return (
            "--every-candle is of the trading loop, not of a strategy",
            "leave it out",
        )
    if options.walk_forward:
        names, hint = ("plot", "tried"), "leave it out, or --walk-forward"
        said = "does not go with --walk-forward"
    else:
        names, hint = ("train_days", "test_days"), "give --walk-forward with it"
        said = "is of a walk forward"
    for name in names:
        if getattr(options, name):
            return f"--{name.replace('_', '-')} {said}", hint
    return None


def _run_all(options: argparse.Namespace, plan: Plan, executor: Executor | None) -> int:
    from core.trading.backtest.report import deflated, summary
    from core.trading.backtest.side_by_side import run_all
    from core.trading.backtest.walk import ranking

    setups = [
        plan.make(market, label, plan.period)
        for market in plan.markets
        for label in plan.labels
    ]
    results = run_all(setups, executor)
    found = [summary(result, plan.root) for result in results]
    # The best is taken of all accounts, so each market's counts as one that was tried.
    tried = max(options.tried or 0, len(results))
    best = max(results, key=ranking)
    luck = deflated(results, best, tried)
    if options.json:
        print(json.dumps({"results": found, "deflated_sharpe": luck}))
    else:
        _show(found, luck)
    if options.plot:
        _draw(options.plot, best)
    return 0


def _show(found: list[dict[str, Any]], luck: dict[str, Any]) -> None:
    from core.trading.backtest.report import legend, lines

    for row in found:
        if row["label"]:
            print(f"-- {row['label']}")
        print("\n".join(lines(row)), end="\n\n")
    chance = luck["probability"]
    shown = "none" if chance is None else f"{chance:.3f}"
    named = f" of {luck['best']}" if luck["best"] else ""
    print(f"deflated Sharpe{named}: {shown}, the probability that its true Sharpe is above "
          f"what the best of {luck['variants']} by luck would be")  # fmt: skip
    print("\n".join(legend(found)))


def _draw(path: Path, result: Result) -> None:
    from architect.atomic import write_failed
    from core.trading.backtest.picture import draw

    try:
        drawn = draw(path, result)
    except OSError as error:
        raise write_failed(path, error) from None
    print(f"picture: {drawn}", file=sys.stderr)


def _walk(options: argparse.Namespace, plan: Plan, executor: Executor | None) -> int:
    from core.trading.backtest.report import walked
    from core.trading.backtest.walk import walk, windows

    train_days = options.train_days or TRAIN_DAYS
    planned = windows(plan.period, train_days, options.test_days or TEST_DAYS)
    found = {
        market: walked(walk(partial(plan.make, market), plan.labels, planned, executor))
        for market in plan.markets
    }
    if options.json:
        print(json.dumps({"markets": found}))
        return 0
    for market, told in found.items():
        _show_walk(market, told, train_days, len(plan.labels))
    return 0


def _show_walk(market: str, found: dict[str, Any], days: int, variants: int) -> None:
    if market:
        print(f"-- {market}")
    for row in found["windows"]:
        print(f"test {row['test'][0]} to {row['test'][1]}: {row['test_net_frac']:+.2%} in "
              f"{counted(row['trades'], 'trade')}, with {row['chosen']}")  # fmt: skip
    print(f"all test periods: {found['test_net_frac']:+.2%}; each variant was chosen on the "
          f"{days} days before, out of {variants}")  # fmt: skip
