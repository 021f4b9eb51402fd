"""Walk-forward: choose the variant on the past, judge it on what came after.

Each window's best variant by Sharpe ratio of the training days trades the test days that
follow, which it has not seen; the test days together are the result. Nothing that is
chosen here is ever measured on what it was chosen on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from core.errors import ConfigError
from core.trading.backtest.periods import Period
from core.trading.backtest.run import Result, Setup
from core.trading.backtest.side_by_side import run_all
from core.trading.backtest.stats import DAY_MS, daily_returns, sharpe
from core.trading.backtest.targets import TargetSetup

Make = Callable[[str, Period], Setup | TargetSetup]


@dataclass(frozen=True)
class Step:
    """One window: the variant chosen on `train`, and how it did on `test`."""

    train: Period
    test: Period
    chosen: str
    train_sharpe: float
    result: Result


def windows(
    period: Period, train_days: int, test_days: int
) -> list[tuple[Period, Period]]:
    """Return (train, test) periods, each test beginning where the one before ended.

    ConfigError if the period does not hold one of each.
    """
    train, test = train_days * DAY_MS, test_days * DAY_MS
    found = []
    start = period[0]
    while start + train < period[1]:
        middle = start + train
        found.append(((start, middle), (middle, min(middle + test, period[1]))))
        start += test
    if not found:
        days = (period[1] - period[0]) / DAY_MS
        raise ConfigError(
            f"{days:.1f} days, of which {train_days} are to train on",
            hint="a longer history, or fewer --train-days",
        )
    return found


def walk(
    make: Make,
    labels: Sequence[str],
    steps: list[tuple[Period, Period]],
    executor: Executor | None = None,
) -> list[Step]:
    """Return what each window chose of the labels and what came of it.

    `make(label, period)` is the setup of one variant in one period.
    """
    trained = run_all(
        [make(label, train) for train, _ in steps for label in labels], executor
    )
    count = len(labels)
    groups = [trained[i : i + count] for i in range(0, len(trained), count)]
    best = [max(group, key=ranking) for group in groups]
    tested = run_all(
        [make(b.label, test) for b, (_, test) in zip(best, steps, strict=True)],
        executor,
    )
    return [
        Step(train, test, b.label, ranking(b), result)
        for (train, test), b, result in zip(steps, best, tested, strict=True)
    ]


def ranking(result: Result) -> float:
    """Return what variants are compared by: the Sharpe ratio, the least if there is none."""
    curve = result.curve
    found = sharpe(daily_returns(curve.time_ms, curve.equity_usd))
    return found if np.isfinite(found) else float("-inf")
