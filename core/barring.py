"""Calls of a module that must not run: its safe value, or an error, and nothing is run."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from core.errors import Barred
from core.hooks import hooks
from core.wrapper import Wrapping


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
