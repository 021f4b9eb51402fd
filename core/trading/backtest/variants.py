"""Variants of the trading loop's settings: `stop_multiple=4,6` and the like, combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    kinds = {field.name: field.type for field in fields(TraderConfig)}
    axes = [_axis(setting, kinds) for setting in settings]
    found = {}
    for chosen in product(*axes):
        label = " ".join(f"{name}={value}" for name, value in chosen)
        found[label] = replace(start, **dict(chosen))
    return found


def arguments(
    settings: Sequence[str], kinds: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return every combination of a strategy's arguments by its label.

    `kinds` are the types of the arguments by name, as classes or as their names.
    """
    named = {k: getattr(kind, "__name__", kind) for k, kind in kinds.items()}
    axes = [_axis(setting, named) for setting in settings]
    return {
        " ".join(f"{name}={value}" for name, value in chosen): dict(chosen)
        for chosen in product(*axes)
    }


def _axis(setting: str, kinds: Mapping[str, Any]) -> list[tuple[str, Any]]:
    name, equals, texts = setting.partition("=")
    if not equals or kinds.get(name) not in _KINDS:
        known = ", ".join(n for n, kind in kinds.items() if kind in _KINDS)
        raise ConfigError(
            f"no setting {setting!r}", hint=f"NAME=VALUE[,VALUE...] of {known}"
        )
    try:
        return [(name, _KINDS[kinds[name]](text)) for text in texts.split(",")]
    except (ValueError, InvalidOperation):
        raise ConfigError(f"{name}: {texts!r} is no {kinds[name]}") from None
