"""Keeps a module that fails again and again from running, and says when entries stop.

Each failing call is contained by itself; here is what many of them come to. The state is
kept outside this process by `keep`, and restored at its start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.barring import has_safe_value
from core.health import Health
from core.live_terms import LiveTerms
from core.registry import Registry

# Once may be the machine; a version that does not come back twice is not run again.
MOST_HANGS = 2


def now_ms() -> int:
    """Return UTC milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass
class Breaker:
    """`keep(module, health)` must not wait; `on_trip(module, health)` tells a person."""

    registry: Registry
    terms: LiveTerms
    keep: Callable[[str, Health], None] = lambda module, health: None
    on_trip: Callable[[str, Health], None] = lambda module, health: None
    clock: Callable[[], int] = now_ms
    _known: dict[str, Health] = field(default_factory=dict)
    _hangs: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def restore(self, known: Mapping[str, Health]) -> None:
        """Take up what an earlier process remembered of the modules."""
        with self._lock:
            self._known.update(known)
            for module in known:
                if module in self.registry.names:
                    self._apply(module)

    def keep_again(self) -> None:
        """Keep all that is remembered once more: where it was kept it is gone."""
        with self._lock:
            for module, health in self._known.items():
                self.keep(module, health)

    def health(self, module: str) -> Health:
        """Return what is remembered of a module."""
        return self._known.get(module, Health())

    # --- what happened ---------------------------------------------------------------

    def failed(self, module: str, version: str, why: str) -> None:
        """Note that a version failed and was contained."""
        with self._lock:
            before = self.health(module)
            after = before.after_failure(version, why, self.clock())
            self._keep(module, after)
            if after.tripped_ms and not before.tripped_ms:
                self.on_trip(module, after)

    def unsafe(self, module: str, version: str, why: str) -> None:
        """Note that a call failed and there was nothing to answer it with."""
        if self.terms.moves_money(module):
            with self._lock:
                self._keep(
                    module, replace(self.health(module), unsafe=version, why=why)
                )

    def hung(self, module: str, version: str, why: str, for_good: bool = False) -> None:
        """Note that a version did not come back and had to be ended.

        It is not run again after the second time, or at once where the process itself
        had to end for it.
        """
        with self._lock:
            times = self._hangs[module, version] = (
                self._hangs.get((module, version), 0) + 1
            )
            if for_good or times >= MOST_HANGS:
                self._keep(module, replace(self.health(module), hung=version, why=why))

    def accepted(self, module: str, by: str) -> None:
        """Note a new version. One that a person brought closes the breaker."""
        with self._lock:
            if module in self._known and by != "wick":
                self.reset(module)

    def removed(self, module: str) -> None:
        """Forget a module that is gone: what comes by its name later is another."""
        self.accepted(module, "removal")

    def reset(self, module: str) -> None:
        """Let a module run again and forget its failures."""
        with self._lock:
            self._keep(module, self.health(module).after_reset(self.clock()))

    def take_reset(self, module: str, health: Health) -> None:
        """Take up what was reset or acquitted elsewhere; harmless when it is known."""
        with self._lock:
            if health.reset_ms > self.health(module).reset_ms:
                self._known[module] = health
                self.registry.forgive(module, (v for _, v in health.failed))
                self._apply(module)

    def _keep(self, module: str, health: Health) -> None:
        self._known[module] = health
        self._apply(module)
        self.keep(module, health)

    def _apply(self, module: str) -> None:
        health = self.health(module)
        if health.tripped_ms:
            self.registry.bar(module, f"its breaker is open: {health.story}")
        elif health.hung:
            self.registry.bar(
                module, f"it did not come back: {health.why}", health.hung
            )
        else:
            self.registry.unbar(module)

    # --- what follows ----------------------------------------------------------------

    def stop_reason(self) -> str:
        """Return why nothing new may be entered, empty when it may.

        It may not while a module where money moves cannot answer safely.
        """
        # Asked at each candle: of most modules nothing is known, and nothing bars them.
        suspects = {*self._known, *self.registry.bars.names}
        for module in sorted(suspects):
            if module in self.registry.names and self._cannot_answer(module):
                why = self.registry.barred(module) or self.health(module).why
                return f"{module} has no safe answer: {why}"
        return ""

    def _cannot_answer(self, module: str) -> bool:
        versions = self.registry.versions(module)
        if not versions:
            return False  # it was removed meanwhile
        version = versions[-1]
        if self.health(module).unsafe == version.id:
            return True
        barred = self.registry.barred(module) and not has_safe_value(version.call)
        return bool(barred) and self.terms.moves_money(module)
