"""How fast a history is traded, beside engines of others in the same run.

    .venv/bin/python benchmarks/backtest.py [--peers] [--json FILE]

Made-up candles, the same for all. CPU seconds of a run without imports, medians of
three (of the peers two), each engine in a process of its own. The peers' strategy is `ema_cross`'s.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from figures import ROOT, Figure, ask_peers, cpu_seconds, main

from core.trading.backtest.run import PAPER, Session, Setup, run, unreflected
from core.trading.backtest.targets import TargetSetup, run_target
from core.trading.candles import FIVE_MINUTES_MS, Candles, on_tick
from core.trading.contracts import CONTRACTS
from core.trading.synthetic import START_MS

SYMBOL = "PF_XBTUSD"
FRAC, CASH = 0.02, Decimal(1_000_000)
SHORT, LONG, RUNS = 100_000, 1_000_000, 3
COLUMNS = ("time_ms", "open", "high", "low", "close", "volume")
PEERS = ("backtesting.py", "vectorbt", "plain Python")
# Everything event-driven in the anchors was slower than this, candles a second.
FULL_GOAL, SIMPLE_GOAL, MEMORY_GOAL_MB = 100_000, 1_000_000, 300


def candles(count: int) -> Candles:
    """Return candles of a price that wanders around 60,000 and comes back."""
    draws = np.random.default_rng(1)
    pull, value = 2e-4, 0.0
    logs = np.empty(count)
    for i, step in enumerate(draws.normal(0, 0.0012, count).tolist()):
        value += step - pull * value
        logs[i] = value
    contract = CONTRACTS[SYMBOL]
    close = on_tick(60_000 * np.exp(logs), contract)
    opened = np.concatenate((close[:1], close[:-1]))
    spread = np.abs(draws.normal(0, 0.0006, (2, count)))
    high = on_tick(np.maximum(opened, close) * (1 + spread[0]), contract)
    low = on_tick(np.minimum(opened, close) * (1 - spread[1]), contract)
    volume = np.round(draws.lognormal(5, 0.6, count), 4)
    times = START_MS + FIVE_MINUTES_MS * np.arange(count, dtype=np.int64)
    return Candles(SYMBOL, FIVE_MINUTES_MS, times, opened, high, low, close, volume)


def read(path: str) -> Candles:
    """Return candles that were saved for all engines."""
    data = np.load(path)
    return Candles(SYMBOL, FIVE_MINUTES_MS, *(data[name] for name in COLUMNS))


def ours(path: str, engine: str, runs: int) -> dict[str, Any]:
    """Return seconds, peak memory and trades of one of our engines, in this process."""
    everything = read(path)
    small = everything.between(
        0, int(everything.time_ms[min(2000, len(everything) - 1)])
    )
    if engine == "modules":
        return {"seconds": list(_modules_alone(everything, runs))}
    trade = {"loop": _loop, "every candle": _every_candle, "strategy": _strategy}[
        engine
    ]
    trade(small)
    seconds, trades = [], 0

    def once() -> None:
        nonlocal trades
        trades = trade(everything)

    for _ in range(runs):
        seconds.append(cpu_seconds(once))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak, "trades": trades}


def _loop(history: Candles) -> int:
    return len(run(Setup(ROOT, {SYMBOL: history})).trades)


def _every_candle(history: Candles) -> int:
    return len(run(Setup(ROOT, {SYMBOL: history}, every_candle=True)).trades)


def _modules_alone(history: Candles, runs: int) -> Iterator[float]:
    """Yield the seconds that a run's calls of accepted modules take, made once more with
    nothing around them; not those with ports, which do what they do to the exchange.
    """
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
    within = False

    def noted(call: Any) -> Any:
        @wraps(call)
        def note(*args: Any, **named: Any) -> Any:
            nonlocal within
            outermost, within = not within, True
            if outermost:
                calls.append((call, args, named))
            try:
                return call(*args, **named)
            finally:
                within = not outermost

        return note

    session = Session(Setup(ROOT, {SYMBOL: history}))
    modules: Any = session.loop.modules
    for name, call in list(modules.items()):
        wrapping = getattr(call, "__wrapping__", None)
        if wrapping is None or not wrapping.ports:
            modules[name] = noted(call)
    with unreflected():
        session.run()
        for _ in range(runs):
            yield cpu_seconds(lambda: [call(*a, **n) for call, a, n in calls])


def _strategy(history: Candles) -> int:
    paper = replace(PAPER, balance_usd=CASH)
    setup = TargetSetup(ROOT, history, "ema_cross", paper=paper, notional_frac=FRAC)
    return len(run_target(setup).trades)


def ask_ourselves(path: Path, engine: str, runs: int) -> dict[str, Any]:
    """Run one of our engines in a process of its own."""
    command = [sys.executable, __file__, "--engine", str(path), engine, str(runs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of both kinds of backtest, and the peers' beside them."""
    short, long, runs = (6000, 9000, 1) if options.quick else (SHORT, LONG, RUNS)
    with tempfile.TemporaryDirectory(prefix="architect-bench-") as folder:
        paths = {count: Path(folder, f"{count}.npz") for count in (short, long)}
        for count, path in paths.items():
            history = candles(count)
            np.savez(path, **{name: getattr(history, name) for name in COLUMNS})
        yield from _whole_stack(paths, short, runs)
        mine = ask_ourselves(paths[long], "strategy", runs)
        memory = ask_ourselves(paths[long], "strategy", 1)["peak_mb"]
        rate = long / statistics.median(mine["seconds"])
        theirs = (
            dict(_peers(paths[long], long, max(runs - 1, 1))) if options.peers else {}
        )
        yield from _simple(rate, memory, mine["trades"], theirs)


def _whole_stack(paths: dict[int, Path], count: int, runs: int) -> Iterator[Figure]:
    fast = ask_ourselves(paths[count], "loop", runs)
    few = count // 10
    part = paths[count].with_name("part.npz")
    history = read(str(paths[count])).between(0, START_MS + few * FIVE_MINUTES_MS)
    np.savez(part, **{name: getattr(history, name) for name in COLUMNS})
    slow = ask_ourselves(part, "every candle", 1)
    modules = ask_ourselves(part, "modules", runs)
    rate = count / statistics.median(fast["seconds"])
    beside = {
        f"the same loop, each tick in full, {few:,} candles": slow,
        f"its modules' own calls alone, {few:,} candles": modules,
    }
    for what, found in beside.items():
        yield Figure(
            "backtest",
            f"whole stack, {count:,} candles, {fast['trades']} trades",
            rate,
            "candles/s",
            what,
            few / statistics.median(found["seconds"]),
            f"{FULL_GOAL:,}",
            rate >= FULL_GOAL,
        )


def _peers(path: Path, count: int, runs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in PEERS:
        found = ask_peers("backtests.py", str(path), name, str(runs))
        yield name, {**found, "rate": count / statistics.median(found["seconds"])}


def _simple(
    rate: float, memory: float, trades: int, theirs: dict[str, dict[str, Any]]
) -> Iterator[Figure]:
    what = f"EMA cross with RSI filter as a spec, {trades:,} trades"
    goal = (f"{SIMPLE_GOAL:,}", rate >= SIMPLE_GOAL)
    if not theirs:
        yield Figure("backtest", what, rate, "candles/s", "", None, *goal)
    for name, found in theirs.items():
        named = f"{name}, {found['trades']:,} trades"
        yield Figure("backtest", what, rate, "candles/s", named, found["rate"], *goal)
    goal = (f"under {MEMORY_GOAL_MB} MB", memory < MEMORY_GOAL_MB)
    peer = theirs.get("backtesting.py")
    yield Figure(
        "backtest",
        "its peak memory",
        memory,
        "MB",
        "backtesting.py" if peer else "",
        peer["peak_mb"] if peer else None,
        *goal,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--engine"]:
        print(json.dumps(ours(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        main("backtest", measure)
