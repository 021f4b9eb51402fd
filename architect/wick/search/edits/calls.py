"""Calls, tuples, yields: arguments swapped, dropped or added; a part for the whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from architect.wick.search import make
from architect.wick.search.context import Context, Place
from architect.wick.search.edit import Edit


def calls(context: Context) -> Iterator[Edit]:
    """Yield the edits of arguments and elements, and of an expression to a part of it."""
    for place in context.places:
        node = place.node
        if isinstance(node, ast.Call):
            yield from _arguments(context, place, node)
        elif isinstance(node, ast.Tuple | ast.List) and 1 < len(node.elts) < 7:
            yield from _swapped(place, "elts", node.elts, 2.0)
        elif isinstance(node, ast.Yield) and node.value is not None:
            yield place.put(ast.YieldFrom(node.value), 2.3, "yield from")
        elif isinstance(node, ast.YieldFrom):
            yield place.put(ast.Yield(node.value), 2.3, "yield")
        elif isinstance(node, ast.IfExp):
            yield place.put(ast.IfExp(node.test, node.orelse, node.body), 2.2, "swap branches")
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            yield from _bounds(context, place, node.slice)
        yield from _parts(place)


def _swapped(
    place: Place, field: str, items: list[ast.expr], cost: float
) -> Iterator[Edit]:
    for left, right in combinations(range(len(items)), 2):
        new = list(items)
        new[left], new[right] = new[right], new[left]
        yield place.set(field, new, cost, "swap arguments")


def _arguments(context: Context, place: Place, node: ast.Call) -> Iterator[Edit]:
    if len(node.args) < 7:
        yield from _swapped(place, "args", node.args, 1.5)
    for index in range(len(node.args)):
        rest = node.args[:index] + node.args[index + 1 :]
        yield place.set("args", rest, 2.8, "drop argument")
    for index in range(len(node.keywords)):
        less = node.keywords[:index] + node.keywords[index + 1 :]
        yield place.set("keywords", less, 3.2, "drop argument")
    for name in context.names(place):
        for index in range(len(node.args) + 1):
            more = [*node.args[:index], make.name(name), *node.args[index:]]
            yield place.set("args", more, 4.6, "add argument")
    for value in (0, 1):
        more = [*node.args, make.const(value)]
        yield place.set("args", more, 4.0, "add argument")


def _bounds(context: Context, place: Place, part: ast.Slice) -> Iterator[Edit]:
    numbers = [n for n, k in context.names(place).items() if not k or "num" in k]
    choices: list[ast.expr] = [make.const(1), make.const(-1), *map(make.name, numbers)]
    for field in ("lower", "upper"):
        edit = place.put(place.node, 2.8, "slice bound")
        if getattr(part, field) is not None:
            part_of = {"lower": part.lower, "upper": part.upper, field: None}
            new = ast.Slice(part_of["lower"], part_of["upper"], part.step)
            yield place.set("slice", new, 2.8, "slice bound")
            continue
        for choice in choices:
            part_of = {"lower": part.lower, "upper": part.upper, field: choice}
            new = ast.Slice(part_of["lower"], part_of["upper"], part.step)
            edit = place.set("slice", new, 3.4, "slice bound")
            yield edit


def _parts(place: Place) -> Iterator[Edit]:
    """Yield a part of the expression for the whole."""
    node = place.node
    if isinstance(node, ast.Call):
        for argument in node.args:
            if not isinstance(argument, ast.Starred | ast.GeneratorExp):
                yield place.put(argument, 2.3, "part for whole")
        if isinstance(node.func, ast.Attribute):
            yield place.put(node.func.value, 3.0, "part for whole")
            yield place.put(node.func, 3.6, "part for whole")
    elif isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        if place.field != "func":
            yield place.put(node.value, 2.4, "part for whole")
    elif isinstance(node, ast.IfExp):
        yield place.put(node.body, 2.6, "part for whole")
        yield place.put(node.orelse, 2.6, "part for whole")
    elif isinstance(node, ast.List) and len(node.elts) == 1:
        yield place.put(node.elts[0], 2.4, "part for whole")
