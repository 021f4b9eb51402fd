"""The families of edits; each is a function of a context."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.edits.calls import calls
from architect.wick.search.edits.choices import choices
from architect.wick.search.edits.conditions import conditions
from architect.wick.search.edits.insert import inserts
from architect.wick.search.edits.leaves import leaves
from architect.wick.search.edits.operators import operators
from architect.wick.search.edits.replace import replacements
from architect.wick.search.edits.statements import statements
from architect.wick.search.edits.wrap import wraps

FAMILIES: tuple[Callable[[Context], Iterator[Edit]], ...] = (
    operators, leaves, calls, wraps, conditions, replacements, statements, inserts,
    choices,
)  # fmt: skip


def all_edits(context: Context) -> Iterator[Edit]:
    """Yield every edit that any family knows."""
    for family in FAMILIES:
        yield from family(context)


__all__ = ["FAMILIES", "all_edits"]
