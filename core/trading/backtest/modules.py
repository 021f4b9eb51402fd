"""The registry as the trading loop sees it in a backtest: the very versions that trade.

Indicators answer from one pass over the history; everything else is called as it is,
contract checks and all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.registry import Registry
from core.trading.backtest.history import Indicators, Moment
from core.wrapper import hooks


class HistoryModules:
    """One set of versions, held from the first candle to the last."""

    def __init__(self, registry: Registry, moment: Moment) -> None:
        self.records = registry.records
        self.names = registry.names
        self._registry = registry
        self._calls: dict[str, Callable[..., Any]] = {}
        for name in registry.names:
            version = registry.version(name)
            indicator = version.entry.kind == "indicator"
            call = version.call
            self._calls[name] = Indicators(call, moment).answer() if indicator else call

    def __getitem__(self, name: str) -> Callable[..., Any]:
        try:
            return self._calls[name]
        except KeyError:
            return self._registry[name]  # which says that there is none

    @contextmanager
    def tick(self) -> Iterator[None]:
        """Count the tick; the versions are held already."""
        hooks.tick += 1
        yield
