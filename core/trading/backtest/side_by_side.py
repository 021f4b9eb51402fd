"""Many backtests at once, through any `concurrent.futures.Executor`.

Processes of this machine by default; an existing cluster's executor by its name. There
is no scheduler of our own.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from core.errors import ConfigError
from core.trading.backtest.run import Result, Setup, run
from core.trading.backtest.targets import TargetSetup, run_target


def run_all(
    setups: Sequence[Setup | TargetSetup], executor: Executor | None = None
) -> list[Result]:
    """Return the result of each setup, in their order; in this process without executor."""
    if executor is None:
        return [run_one(setup) for setup in setups]
    return [future.result() for future in [executor.submit(run_one, s) for s in setups]]


def run_one(setup: Setup | TargetSetup) -> Result:
    """Run one backtest of either kind."""
    return run_target(setup) if isinstance(setup, TargetSetup) else run(setup)


@contextmanager
def executor_of(jobs: int, name: str | None, tasks: int) -> Iterator[Executor | None]:
    """Open an executor for some tasks: None when this process does it alone.

    `name` is `package.module:callable`, which returns an Executor.
    """
    if name is not None:
        with _named(name)() as executor:
            yield executor
        return
    workers = min(jobs or os.cpu_count() or 1, tasks)
    if workers < 2:
        yield None
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield executor


def _named(name: str) -> Callable[[], Executor]:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"no executor {name!r}: {error}",
            hint="--executor package.module:callable, which returns an Executor",
        ) from None
    made: Callable[[], Executor] = found
    return made
