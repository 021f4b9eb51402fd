"""Arguments that are loaded once and called with a thousand times."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

_PLAIN = (type(None), bool, int, float, str, Decimal, datetime)


class Kept:
    """Arguments of which each call gets its own, where a call could change them."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.arguments = dict(arguments)
        self._changeable = [n for n, v in arguments.items() if not _is_frozen(v)]

    def fresh(self) -> dict[str, Any]:
        """Return arguments for one call."""
        own = {name: _copied(self.arguments[name]) for name in self._changeable}
        return {**self.arguments, **own}


def _copied(value: Any) -> Any:
    # A table's own copy leaves its index shared, which nobody can change.
    return value.copy() if hasattr(value, "ndim") else copy.deepcopy(value)


def _is_frozen(value: Any) -> bool:
    if isinstance(value, _PLAIN):
        return True
    if isinstance(value, tuple):
        return all(map(_is_frozen, value))
    if is_dataclass(value) and not isinstance(value, type):
        return all(_is_frozen(getattr(value, field.name)) for field in fields(value))
    return False
