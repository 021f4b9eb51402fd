"""Tells whether a value lies within the domain that a spec draws from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any

from architect.gate.domains import are_whole, is_table
from core import plain_data, types
from core.spec import Domain, Spec
from core.types import Type

Specs = Mapping[str, Spec]


def within(kind: Type, domain: Domain, value: Any, records: Specs) -> bool:
    """Tell whether `value` is of the type and in the domain; `records` by class name."""
    return types.matches(kind, value) and _in_domain(kind, domain, value, records)


def _in_domain(kind: Type, domain: Domain, value: Any, records: Specs) -> bool:
    if domain.choices is not None and _are_whole(kind, domain):
        return _is_choice(kind, domain.choices, value)
    match value:
        case None | bool():
            return True
        case int() | float() | Decimal():
            return _in_range(domain, value)
        case str():
            return _sized(domain, value)
        case dict():
            return _sized(domain, value) and _all(domain, value.values(), records)
        case list() | set() | tuple():
            return _sized(domain, value) and _all(domain, value, records)
    if is_dataclass(value):
        return _record(value, records)
    return _sized(domain, value) and _table(domain, value)


def _are_whole(kind: Type, domain: Domain) -> bool:
    """Tell whether the choices are values of the type itself, of a table too."""
    return not is_table(kind, domain) and are_whole(kind, domain.choices or [])


def _is_choice(kind: Type, choices: list[Any], value: Any) -> bool:
    match value:
        case None | bool() | str():
            return value in choices
        case int() | float():
            # A NaN is not drawn, but may be beside an example that holds one.
            return value != value or any(value == one for one in choices)
        case Decimal():
            return any(value == Decimal(str(one)) for one in choices if one is not None)
    plain = plain_data.dump(value)
    return any(plain == plain_data.dump(plain_data.load(kind, c, {})) for c in choices)


def _in_range(domain: Domain, value: Any) -> bool:
    if value != value:
        # Not drawn, but beside an example that holds one.
        return True
    low, high = domain.range or (-(10.0**9), 10.0**9)
    return bool(low <= value <= high)


def _sized(domain: Domain, value: Any) -> bool:
    low, high = domain.size or (0, 1000)
    return low <= len(value) <= high


def _all(domain: Domain, items: Any, records: Specs) -> bool:
    kind = types.parse("Any")
    if domain.choices is not None:
        return all(_is_choice(kind, domain.choices, one) for one in items)
    one = Domain(range=domain.range)
    return all(
        _in_domain(kind, one, item, records)
        for item in items
        if not isinstance(item, str)
    )


def _record(value: Any, records: Specs) -> bool:
    spec = records.get(type(value).__name__)
    return spec is not None and all(
        within(types.parse(field.type), field, getattr(value, name), records)
        for name, field in spec.fields.items()
    )


def _table(domain: Domain, value: Any) -> bool:
    import numpy as np

    cells = np.asarray(value)
    if cells.dtype.kind not in "if":
        return True
    low, high = domain.range or (-np.inf, np.inf)
    return bool(((cells >= low) & (cells <= high)).all())
