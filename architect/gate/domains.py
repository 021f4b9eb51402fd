"""How the domain of a parameter is read: what narrows it, and what its choices are of."""

from __future__ import annotations

from typing import Any

from core.spec import Domain, Param
from core.types import Type


def narrowed(param: Param, given: Domain | None) -> Param:
    """Return the parameter with the keys of its domain that `given` writes."""
    if given is None:
        return param
    changes = {name: getattr(given, name) for name in given.model_fields_set}
    return param.model_copy(update=changes)


def are_whole(kind: Type, choices: list[Any]) -> bool:
    """Tell whether `choices` are values of the type itself, or those of its items."""
    if kind.name == "dict":
        return all(isinstance(choice, dict) for choice in choices)
    if kind.name in ("list", "set"):
        return all(isinstance(choice, list) for choice in choices)
    return True


def is_table(kind: Type, param: Domain) -> bool:
    """Tell whether the value is a series or frame to be drawn, not one of whole choices."""
    if kind.name not in ("Series", "Frame"):
        return False
    return not any(isinstance(choice, (list, dict)) for choice in param.choices or ())
