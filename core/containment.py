"""What a failing call leads to in the running system, within that very call.

The failing version is taken off the path, the call is answered by the last good version
or by the spec's safe value, and the failure is reported once. Repair happens elsewhere;
nothing here waits for it.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from core.breaker import Breaker
from core.errors import Barred, DeadlineExceeded, ExchangeError, StoreError
from core.hooks import Failure, words_of
from core.registry import Registry
from core.values import Foreign, NotPlain, encode

MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Report:
    """One failure as it is told to Wick; plain data only.

    Attributes:
        arguments: the failing inputs in plain form (core.values), None if they have none.
        foreign: those inputs that are of a type which no spec can declare.
        contained: `rolled back to <version>`, `safe value` or `raised`.
    """

    module: str
    version: str
    module_kind: str
    outcome: str
    error: str
    trace: str
    arguments: dict[str, Any] | None
    contained: str
    foreign: tuple[str, ...] = ()


@dataclass
class Containment:
    """Set `hooks.contain` to this object's `handle`.

    `report` is told of the first failure of each version, and of the first after a reset
    of its module or after it was accepted again; it must not wait. `trips` counts
    failures by version and last reset. `breaker` is told of all that matters beyond the
    one call.
    """

    registry: Registry
    report: Callable[[Report], None]
    breaker: Breaker | None = None
    trips: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _depth: ContextVar[int] = field(default_factory=lambda: ContextVar("depth"))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, failure: Failure) -> Any:
        """Answer the failed call, or raise its error when there is no safe answer."""
        depth = self._depth.get(0) + 1
        token = self._depth.set(depth)
        try:
            return self._handle(failure, depth)
        finally:
            self._depth.reset(token)

    def _handle(self, failure: Failure, depth: int) -> Any:
        if _is_of_the_world(failure) or _was_contained(failure):
            return _safely_answered(failure)
        good = None
        if failure.outcome != "requires" and depth <= MAX_DEPTH:
            self._begin_anew(failure.module, failure.version)
            good = self.registry.roll_back(failure.module, failure.version)
        contained = _answer(failure, good)
        first = self._count(failure) == 1
        if failure.outcome != "requires":
            failure.error.__architect_contained__ = True  # type: ignore[attr-defined]
            # Several versions that fail in one call are one failure.
            self._note(failure, contained, first and depth == 1)
        if first:
            self._tell(failure, contained)
        # An action may have acted already: it is never run again by itself.
        if good is not None and failure.kind != "action" and good.id != failure.version:
            return good.call(**failure.arguments)
        return _safely_answered(failure)

    def _begin_anew(self, module: str, version: str) -> None:
        """Forget what was told of a version that was accepted again since it failed."""
        if not self.registry.failed(module, version):
            with self._lock:
                for key in [key for key in self.trips if key[:2] == (module, version)]:
                    del self.trips[key]

    def _count(self, failure: Failure) -> int:
        reset_ms = self.breaker.health(failure.module).reset_ms if self.breaker else 0
        key = (failure.module, failure.version, reset_ms)
        with self._lock:
            trips = self.trips[key] = self.trips.get(key, 0) + 1
        return trips

    def _note(self, failure: Failure, contained: str, anew: bool) -> None:
        """Tell the breaker, before Wick: it decides whether Wick may repair."""
        if self.breaker is None:
            return
        told = (failure.module, failure.version, words_of(failure.error))
        if anew:
            self.breaker.failed(*told)
        if contained == "raised":
            self.breaker.unsafe(*told)
        if isinstance(failure.error, DeadlineExceeded):
            self.breaker.hung(*told)

    def _tell(self, failure: Failure, contained: str) -> None:
        try:
            self.report(_report(failure, contained))
        except Exception:
            # The call is answered all the same: telling is not worth a lost trade.
            traceback.print_exc()


def _is_of_the_world(failure: Failure) -> bool:
    """Tell whether an action passed on what a port said: no fault of the module.

    The exchange may be away and an order's fate unknown; another version of the
    module would meet the same.
    """
    ports = (ExchangeError, StoreError)
    return failure.kind == "action" and isinstance(failure.error, ports)


def _was_contained(failure: Failure) -> bool:
    """Tell whether the error is a used module's, which was contained there.

    That module is repaired; the one around it is as it must be.
    """
    contained = getattr(failure.error, "__architect_contained__", False)
    return contained or isinstance(failure.error, Barred)


def _safely_answered(failure: Failure) -> Any:
    if failure.fallback is not None:
        return failure.fallback()
    raise failure.error


def _answer(failure: Failure, good: Any) -> str:
    if good is not None:
        return f"rolled back to {good.id}"
    return "safe value" if failure.fallback is not None else "raised"


def _report(failure: Failure, contained: str) -> Report:
    plain: dict[str, Any] = {}
    foreign: list[str] = []
    for name, value in failure.arguments.items():
        try:
            plain[name] = encode(value)
        except Foreign:
            foreign.append(name)
        except NotPlain:
            continue
    whole = len(plain) == len(failure.arguments)
    lines = traceback.format_exception(failure.error)
    return Report(
        module=failure.module,
        version=failure.version,
        module_kind=failure.kind,
        outcome=failure.outcome,
        error=words_of(failure.error),
        trace="".join(lines)[-2000:],
        arguments=plain if whole else None,
        contained=contained,
        foreign=tuple(foreign),
    )
