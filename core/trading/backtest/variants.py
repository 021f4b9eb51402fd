"""Variants of the trading loop's settings: `stop_multiple=4,6` and the like, combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

from core.errors import ConfigError
from core.trading.trader.config import TraderConfig

_KINDS: dict[Any, Any] = {"int": int, "float": float, "Decimal": Decimal}


def variants(
    settings: Sequence[str], base: TraderConfig | None = None
) -> dict[str, TraderConfig]:
    """Return every combination by its label; one without a label when nothing is set.

    ConfigError for a setting that is not there or a value that cannot be read.
    """
    start = base or TraderConfig()
    axes = [_axis(setting) for setting in settings]
    found = {}
    for chosen in product(*axes):
        label = " ".join(f"{name}={value}" for name, value in chosen)
        found[label] = replace(start, **dict(chosen))
    return found


def _axis(setting: str) -> list[tuple[str, Any]]:
    name, equals, texts = setting.partition("=")
    kinds = {field.name: field.type for field in fields(TraderConfig)}
    if not equals or kinds.get(name) not in _KINDS:
        known = ", ".join(n for n, kind in kinds.items() if kind in _KINDS)
        raise ConfigError(
            f"no setting {setting!r}", hint=f"NAME=VALUE[,VALUE...] of {known}"
        )
    try:
        return [(name, _KINDS[kinds[name]](text)) for text in texts.split(",")]
    except (ValueError, InvalidOperation):
        raise ConfigError(f"{name}: {texts!r} is no {kinds[name]}") from None
