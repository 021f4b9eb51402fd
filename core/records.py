"""Records: the domain's typed data, rendered from specs alone.

A record is a frozen, slotted, keyword-only dataclass whose `requires` hold from its
construction on.
"""

from __future__ import annotations

import sys
import types as python_types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, Literal, TypeVar, dataclass_transform, get_args, get_origin

from core import types
from core.contract import TERMS
from core.errors import RequiresError
from core.types import Type

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(*, requires: Sequence[str] = ()) -> Callable[[type[T]], type[T]]:
    """Make the class a record; a broken `requires` raises RequiresError."""

    scope = sys._getframe(1).f_globals  # the module's, which sys.modules may not hold

    def make(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True, init=False)(cls)
        made.__init__ = _initialiser(made, requires, scope)  # type: ignore[method-assign]
        kinds = {f.name: from_annotation(f.type) for f in fields(made)}  # type: ignore[arg-type]
        made.__types__ = kinds  # type: ignore[attr-defined]
        return made

    return make


def row_of(record: Any) -> dict[str, Any]:
    """Return a record's fields by name, as they are; a record in one stays one."""
    return {name: getattr(record, name) for name in type(record).__types__}


def _initialiser(
    cls: type, requires: Sequence[str], names_in_scope: Mapping[str, Any]
) -> Callable[..., None]:
    """Return an `__init__` that fills the slots and then checks what is required.

    It does in half the time what dataclasses' own does with a frozen class, for it need
    not look a slot up by its name; records are made at every tick by the dozen.
    """
    known = fields(cls)
    lines = [f"def __init__(self, *, {', '.join(map(_parameter, known))}):"]
    lines += [f"    _set_{field.name}(self, {field.name})" for field in known]
    for i, text in enumerate(requires):
        lines += [f"    if not ({text}):", f"        _broken({i}, self)"]

    def broken(i: int, self: Any) -> None:
        raise RequiresError(f"{cls.__name__} requires {requires[i]}, got {self!r}")

    setters = {f"_set_{f.name}": vars(cls)[f.name].__set__ for f in known}
    defaults = {f"_default_{f.name}": f.default for f in known}
    scope = {**names_in_scope, **TERMS, **setters, **defaults, "_broken": broken}
    exec(compile("\n".join(lines), f"<{cls.__name__} requires>", "exec"), scope)
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{cls.__name__}.__init__"
    return made


def _parameter(field: Field[Any]) -> str:
    return (
        field.name
        if field.default is MISSING
        else f"{field.name}=_default_{field.name}"
    )


def from_annotation(annotation: Any) -> Type:
    """Return the spec type of an evaluated annotation."""
    if annotation is None or annotation is type(None):
        return Type("None")
    origin = get_origin(annotation)
    if origin is Literal:
        return Type("Literal", choices=get_args(annotation))
    if origin is python_types.UnionType:
        return Type("|", tuple(map(from_annotation, get_args(annotation))))
    if origin is not None:
        return Type(origin.__name__, tuple(map(from_annotation, get_args(annotation))))
    names = {"Series": "Series", "DataFrame": "Frame"}
    name = getattr(annotation, "__name__", str(annotation))
    return types.parse(names.get(name, name))
