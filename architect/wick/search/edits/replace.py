"""An expression for another that the program has elsewhere, of a kind that fits."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.kinds import Kinds, fits
from architect.wick.search.places import Place

_BUILTINS = frozenset(dir(builtins))


def replacements(context: Context) -> Iterator[Edit]:
    """Yield the program's own expressions, then small new ones, at every place."""
    for place in context.places:
        if isinstance(place.node, ast.Starred | ast.Slice) or place.field == "func":
            continue
        if isinstance(place.holder, ast.Expr):
            continue
        yield from _own(context, place)
        yield from _small(context, place)


def _own(context: Context, place: Place) -> Iterator[Edit]:
    names = context.names(place).keys() | _BUILTINS | _imported(context)
    names |= context.program.words.names.keys()
    wanted = context.kinds(place.node)
    text = ast.unparse(place.node)
    leaf = isinstance(place.node, ast.Name | ast.Constant)
    for piece in context.pieces:
        if piece.text == text or isinstance(piece.node, ast.Name | ast.Constant):
            continue
        if not piece.names <= names or isinstance(
            piece.node, ast.Yield | ast.YieldFrom
        ):
            continue
        unsure = 0.0 if wanted and piece.kinds else 0.7
        if not fits(wanted, piece.kinds) and not place.is_condition:
            if not context.seen.only_breaks:
                continue
            unsure = 0.5
        cost = 3.2 + 0.06 * piece.size + unsure + (0.3 if leaf else 0.0)
        yield place.put(piece.node, cost, "other expression")


def _imported(context: Context) -> frozenset[str]:
    found = set()
    for node in ast.walk(context.program.tree):
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return frozenset(found)


def _small(context: Context, place: Place) -> Iterator[Edit]:
    kinds = context.kinds(place.node)
    names = context.names(place)
    if not isinstance(place.node, ast.Name | ast.Constant):
        for name, known in names.items():
            fit = fits(kinds, known)
            if (fit or context.seen.only_breaks) and "call" not in known:
                unsure = 0.0 if kinds and known and fit else 0.6
                yield place.put(make.name(name), 2.9 + unsure, "name for expression")
        for value in _values(kinds):
            yield place.put(make.const(value), 3.8, "constant for expression")
    if isinstance(place.node, ast.List) and len(place.node.elts) < 2:
        yield place.put(make.listed(make.listed()), 3.0, "nest list")
        for name, known in names.items():
            if "call" not in known:
                yield place.put(make.listed(make.name(name)), 3.0, "list of name")
    if isinstance(place.holder, ast.Return):
        yield from _returned(place, names, kinds)


def _values(kinds: Kinds) -> Iterator[object]:
    if not kinds or kinds & {"num"}:
        yield from (0, 1)
    if kinds & {"bool"}:
        yield from (True, False)
    if kinds & {"str"}:
        yield ""


def _returned(place: Place, names: dict[str, Kinds], kinds: Kinds) -> Iterator[Edit]:
    for name, known in names.items():
        if kinds & {"seq"} and "call" not in known:
            yield place.put(make.listed(make.name(name)), 3.6, "list of name")
    yield place.put(make.const(None), 4.5, "return nothing")
    yield place.put(make.listed(), 4.5, "return nothing")
