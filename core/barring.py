"""What keeps modules from running, and what their calls get meanwhile.

A call of a module that must not run gets its safe value, or an error; nothing is run.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import Barred
from core.hooks import hooks
from core.wrapper import Wrapping


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a module does not run, or one version of it, and what lets it run again."""

    why: str
    version: str = ""
    hint: str = ""

    def keeps(self, version: str) -> bool:
        """Tell whether it keeps this version from running."""
        return self.version in ("", version)


@dataclass
class Bars:
    """The bars of all modules by name and by who set them: one lifts only its own.

    A breaker that is reset must not let a version run that nobody has judged with what
    it uses, nor the other way round.
    """

    _by_name: dict[str, dict[str, Bar]] = field(default_factory=dict)

    def put(self, name: str, by: str, bar: Bar) -> None:
        """Set a bar, in place of the one that the same set before."""
        self._by_name = {**self._by_name, name: {**self.of(name), by: bar}}

    def lift(self, name: str, by: str) -> bool:
        """Take a bar away; False where there is none."""
        kept = {who: bar for who, bar in self.of(name).items() if who != by}
        lifted = len(kept) < len(self.of(name))
        self._by_name = {**self._by_name, name: kept}
        return lifted

    def forget(self, name: str) -> None:
        """Take all bars of a module away: it is gone."""
        self._by_name = {n: b for n, b in self._by_name.items() if n != name}

    def of(self, name: str) -> dict[str, Bar]:
        """Return the bars of a module by who set them."""
        return self._by_name.get(name, {})

    def on(self, name: str, version: str) -> Bar | None:
        """Return what keeps a version from running, None when nothing does."""
        return next((b for b in self.of(name).values() if b.keeps(version)), None)

    @property
    def names(self) -> list[str]:
        """The names of all modules that have a bar."""
        return [name for name, bars in self._by_name.items() if bars]


def barred_call(
    call: Callable[..., Any], why: str, hint: str = ""
) -> Callable[..., Any]:
    """Return what stands in for a module's call; it is reflected as `barred`.

    `hint` is what lets it run again, where that is not a reset.
    """
    wrapping: Wrapping = call.__wrapping__  # type: ignore[attr-defined]
    signature = inspect.Signature(list(wrapping.parameters.values()))
    error = f"{wrapping.name} is kept from running: {why}"

    def barred(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        seen = (time.perf_counter_ns(), wrapping.name, wrapping.version, hooks.tick)
        hooks.append((*seen, 0, "barred", error, None, None))
        if wrapping.on_failure is None:
            raise Barred(error, hint=hint or f"architect wick reset {wrapping.name}")
        return wrapping.fallback(given.arguments)()

    barred.__wrapped__ = call  # type: ignore[attr-defined]  # it is called like it
    return barred


def has_safe_value(call: Callable[..., Any]) -> bool:
    """Tell whether the module's spec says what to answer where it cannot run."""
    return call.__wrapping__.on_failure is not None  # type: ignore[attr-defined]
