"""A value that was taken always, taken only on a condition: `x if condition else y`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.edits.conditions import atoms
from architect.wick.search.edits.insert import results_of
from architect.wick.search.kinds import Kinds, fits
from architect.wick.search.places import Place


def choices(context: Context) -> Iterator[Edit]:
    """Yield what is returned, named or handed over by name, with another value beside it."""
    for place in context.places:
        if not isinstance(place.holder, ast.Return | ast.Assign | ast.keyword):
            continue
        if isinstance(place.node, ast.IfExp):
            continue
        names = context.names(place)
        if isinstance(place.node, ast.Constant):
            yield from _signs(context, place, names)
            continue
        others = list(_others(context, place, names))
        for atom, dearer in atoms(context, names):
            for other, more in others:
                chosen = ast.IfExp(atom, place.node, other)
                yield place.put(chosen, 4.4 + dearer + more, "choice")


def _signs(context: Context, place: Place, names: dict[str, Kinds]) -> Iterator[Edit]:
    """Yield a number that has the other sign on a condition."""
    number = getattr(place.node, "value", None)
    if type(number) in (int, float) and number:
        for atom, dearer in atoms(context, names):
            signed = ast.IfExp(atom, place.node, make.const(-number))
            yield place.put(signed, 4.4 + dearer, "choice")


def _others(
    context: Context, place: Place, names: dict[str, Kinds]
) -> Iterator[tuple[ast.expr, float]]:
    """Yield what may stand instead, with what it costs more."""
    kinds, own = context.kinds(place.node), ast.unparse(place.node)
    for name, known in names.items():
        if "call" not in known and fits(kinds, known) and name != own:
            yield make.name(name), 0.2 if kinds and known else 0.8
    if isinstance(place.holder, ast.Return):
        for value in results_of(context, place.function):
            if not isinstance(value, ast.Name) and ast.unparse(value) != own:
                yield value, 0.2
    else:
        yield make.const(None), 0.4
        if "num" in kinds:
            yield make.const(0), 0.3
