"""What `architect backtest` is to run, from its options: markets, variants, a period."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.manifest import read_manifest
from core.project import Project, find_project

if TYPE_CHECKING:
    from core.trading.backtest.periods import Period
    from core.trading.backtest.run import Setup
    from core.trading.backtest.targets import TargetSetup
    from core.trading.candles import Candles

SYNTHETIC = 6000
SEARCHED = ("stop_multiple=4,6,8", "take_multiple=6,9,12")


@dataclass(frozen=True)
class Plan:
    """`make(market, label, period)` is one backtest; `markets` are accounts by name.

    `labels` are the variants, one empty label where there is none.
    """

    root: Path
    labels: list[str]
    markets: dict[str, dict[str, Candles]]
    period: Period
    make: Callable[[str, str, Period], Setup | TargetSetup]


def plan_of(options: argparse.Namespace) -> Plan:
    """Return what the command's options ask for; ConfigError for what is not there."""
    root = find_project(Path.cwd(), options.root).root
    candles = _candles(options)
    if options.strategy:
        return _strategy_plan(options, root, candles)
    return _loop_plan(options, root, candles)


def _loop_plan(
    options: argparse.Namespace, root: Path, candles: dict[str, Candles]
) -> Plan:
    from core.trading.backtest.periods import setup_of
    from core.trading.backtest.run import PAPER
    from core.trading.backtest.variants import variants

    settings = options.settings or (SEARCHED if options.walk_forward else ())
    chosen = variants(settings)
    paper = replace(PAPER, balance_usd=options.balance)
    markets = {s: {s: c} for s, c in candles.items()} if options.each else {"": candles}

    def make(market: str, label: str, period: Period) -> Setup:
        return setup_of(root, markets[market], chosen[label], period, paper=paper,
                        label=label, every_candle=options.every_candle)  # fmt: skip

    return Plan(root, list(chosen), markets, _period(options, candles), make)


def _strategy_plan(
    options: argparse.Namespace, root: Path, candles: dict[str, Candles]
) -> Plan:
    from core.trading.backtest.periods import target_setup_of
    from core.trading.backtest.run import PAPER
    from core.trading.backtest.targets import parameters
    from core.trading.backtest.variants import arguments

    if options.walk_forward and not options.settings:
        raise ConfigError(
            "nothing to choose from", hint="--set NAME=V,V of the strategy's arguments"
        )
    _refuse_no_indicator(root, options.strategy)
    known = parameters(root, options.strategy)
    chosen = arguments(options.settings, known)
    _refuse_missing(root, options.strategy, known, next(iter(chosen.values())))
    paper = replace(PAPER, balance_usd=options.balance)

    def make(market: str, label: str, period: Period) -> TargetSetup:
        return target_setup_of(root, candles[market], options.strategy, chosen[label],
                               period, paper=paper, label=label,
                               notional_frac=float(options.notional_frac or 1))  # fmt: skip

    markets = {symbol: {symbol: c} for symbol, c in candles.items()}
    return Plan(root, list(chosen), markets, _period(options, candles), make)


def _refuse_no_indicator(root: Path, strategy: str) -> None:
    """ConfigError for an accepted module of another kind."""
    entry = read_manifest(Project(root).manifest).modules.get(strategy)
    if entry is not None and entry.kind != "indicator":
        raise ConfigError(
            f"{strategy} is a {entry.kind}, not an indicator",
            hint="only an indicator is tested not to look ahead",
        )


def _refuse_missing(
    root: Path, strategy: str, known: Iterable[str], given: Iterable[str]
) -> None:
    """ConfigError where a strategy needs an argument that nobody gives."""
    from core.trading.backtest.targets import strategy_of

    shown = inspect.signature(strategy_of(root, strategy).call).parameters
    needed = [name for name in known if shown[name].default is inspect.Parameter.empty]
    if missing := [name for name in needed if name not in given]:
        raise ConfigError(
            f"{strategy} needs {' and '.join(missing)}",
            hint=" ".join(f"--set {name}=VALUE" for name in missing),
        )


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


def _period(options: argparse.Namespace, candles: Mapping[str, Candles]) -> Period:
    from core.trading.dates import time_ms

    times = next(iter(candles.values())).time_ms
    start = time_ms(options.start) if options.start else int(times[0])
    return start, time_ms(options.end) if options.end else int(times[-1]) + 1
