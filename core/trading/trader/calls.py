"""Calls to the exchange that are tried again where kraken_retry_agent says so.

Reads, and commands of which nothing was carried out, are repeated here. What may have
been carried out is never repeated: its error rises to those who know how to ask first
(position_executor for orders, the next reconciliation for all else).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from core.errors import ExchangeError
from core.registry import Registry
from core.trading.ports import Exchange

WRITES = frozenset({"place", "edit", "cancel", "cancel_order"})
_AGAIN = frozenset({"retry now", "retry later"})
MAX_ATTEMPTS = 4


def patient(
    exchange: Exchange,
    modules: Registry,
    sleep: Callable[[float], None],
    draw: Callable[[], float],
) -> Exchange:
    """Return the port with retries; `sleep` takes seconds, `draw` gives 0 to 1."""
    return cast(Exchange, _Patient(exchange, modules, sleep, draw))


class _Patient:
    def __init__(
        self,
        exchange: Exchange,
        modules: Registry,
        sleep: Callable[[float], None],
        draw: Callable[[], float],
    ) -> None:
        self._exchange, self._modules = exchange, modules
        self._sleep, self._draw = sleep, draw

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._exchange, name)
        return partial(self._call, name, method) if callable(method) else method

    def _call(self, name: str, method: Callable[..., Any], *args: Any) -> Any:
        attempt = 0
        while True:
            try:
                return method(*args)
            except ExchangeError as error:
                decision = self._modules["kraken_retry_agent"](
                    type(error).__name__,
                    name in WRITES,
                    attempt,
                    self._draw(),
                    MAX_ATTEMPTS,
                )
                if decision.action not in _AGAIN:
                    raise
            attempt += 1
            if decision.delay_ms:
                self._sleep(decision.delay_ms / 1000)
