"""Calls, tuples, yields: arguments swapped, dropped or added; a part for the whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.places import Place


def calls(context: Context) -> Iterator[Edit]:
    """Yield the edits of arguments and elements, and of an expression to a part of it."""
    for place in context.places:
        node = place.node
        if isinstance(node, ast.Call):
            yield from _arguments(context, place, node)
        elif isinstance(node, ast.Tuple | ast.List | ast.Set) and node.elts:
            yield from _elements(place, node.elts)
        elif isinstance(node, ast.Yield) and node.value is not None:
            yield place.put(ast.YieldFrom(node.value), 2.3, "yield from")
        elif isinstance(node, ast.YieldFrom):
            yield place.put(ast.Yield(node.value), 2.3, "yield")
        elif isinstance(node, ast.IfExp):
            yield place.put(
                ast.IfExp(node.test, node.orelse, node.body), 2.2, "swap branches"
            )
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            yield from _bounds(context, place, node.slice)
        yield from _parts(place)


def _elements(place: Place, items: list[ast.expr]) -> Iterator[Edit]:
    if 1 < len(items) < 7:
        yield from _swapped(place, "elts", items, 2.0)
    for index in range(len(items)):
        less = items[:index] + items[index + 1 :]
        if not isinstance(place.node, ast.Set) or less:
            yield place.set("elts", less, 3.2, "drop element")


def _swapped(
    place: Place, field: str, items: list[ast.expr], cost: float
) -> Iterator[Edit]:
    for left, right in combinations(range(len(items)), 2):
        new = list(items)
        new[left], new[right] = new[right], new[left]
        yield place.set(field, new, cost, "swap arguments")


def _swapped_values(place: Place, keywords: list[ast.keyword]) -> Iterator[Edit]:
    for left, right in combinations(range(len(keywords)), 2):
        one, two = keywords[left], keywords[right]
        new = list(keywords)
        new[left] = ast.keyword(one.arg, two.value)
        new[right] = ast.keyword(two.arg, one.value)
        yield place.set("keywords", new, 1.7, "swap arguments")


def _arguments(context: Context, place: Place, node: ast.Call) -> Iterator[Edit]:
    if len(node.args) < 7:
        yield from _swapped(place, "args", node.args, 1.5)
    for index in range(len(node.args)):
        rest = node.args[:index] + node.args[index + 1 :]
        yield place.set("args", rest, 2.8, "drop argument")
    if 1 < len(node.keywords) < 7:
        yield from _swapped_values(place, node.keywords)
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
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name == "range":
        yield from _range(place, node.args)
    if name in ("sorted", "sort") and not node.keywords:
        backward = [ast.keyword("reverse", make.const(True))]
        yield place.set("keywords", backward, 3.0, "backward")
        for key in ("len", "abs", "str"):
            by_key = [ast.keyword("key", make.name(key))]
            yield place.set("keywords", by_key, 4.0, "sort key")


def _range(place: Place, arguments: list[ast.expr]) -> Iterator[Edit]:
    if len(arguments) == 1:
        from_one: list[ast.expr] = [make.const(1), arguments[0]]
        yield place.set("args", from_one, 2.4, "range")
        one_more = make.binary(arguments[0], ast.Add, make.const(1))
        yield place.set("args", [make.const(1), one_more], 2.8, "range")
        from_two: list[ast.expr] = [make.const(2), arguments[0]]
        yield place.set("args", from_two, 3.0, "range")
    elif len(arguments) == 2:
        yield place.set("args", [*arguments, make.const(-1)], 3.0, "range")
        both = [make.binary(end, ast.Add, make.const(1)) for end in arguments]
        yield place.set("args", both, 3.0, "range")


def _bounds(context: Context, place: Place, part: ast.Slice) -> Iterator[Edit]:
    numbers = [n for n, k in context.names(place).items() if not k or "num" in k]
    if (part.lower is None) != (part.upper is None):
        other_end = ast.Slice(part.upper, part.lower, part.step)
        yield place.set("slice", other_end, 2.5, "slice bound")
    choices: list[ast.expr] = [make.const(1), make.const(-1), *map(make.name, numbers)]
    for field in ("lower", "upper"):
        if getattr(part, field) is not None:
            part_of = {"lower": part.lower, "upper": part.upper, field: None}
            new = ast.Slice(part_of["lower"], part_of["upper"], part.step)
            yield place.set("slice", new, 2.8, "slice bound")
            continue
        for choice in choices:
            part_of = {"lower": part.lower, "upper": part.upper, field: choice}
            new = ast.Slice(part_of["lower"], part_of["upper"], part.step)
            yield place.set("slice", new, 3.4, "slice bound")


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
