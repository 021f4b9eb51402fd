"""Puts functions that are handed on as values under observation.

What `map`, `reduce` or a `key` calls is asked for what the same call in place is: a table's
`.get` for each entry and its default, `min` and `max` for each of their arguments, a method
for an answer that varies.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from architect.gate import allowed
from architect.gate.coverage.expressions import Expressions

CHOOSING = frozenset(["min", "max"])
# Methods whose second argument is the answer where there is no such entry.
DEFAULTING = frozenset(["pop", "setdefault"])
_NOTHING = """
    append extend insert remove sort reverse clear update add discard appendleft extendleft
    rotate intersection_update difference_update symmetric_difference_update subtract
"""
# Methods that answer with nothing: what they do shows elsewhere.
ANSWERLESS = frozenset(_NOTHING.split())
# Some are a field of one type and a method of another, which shows when they are read.
METHODS = frozenset().union(
    allowed.PLAIN,
    allowed.DECIMAL,
    allowed.DATETIME,
    allowed.PANDAS,
    allowed.NUMPY,
    *allowed.COLLECTIONS.values(),
)


class Places:
    """Where the functions of a body stand: called, before a dot, or as values."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self._used = {id(node) for node in _in_use(function)}
        self._sure = {id(node) for node in _of_own_keys(function)}

    def is_handed_on(self, node: ast.expr) -> bool:
        """Tell whether a function or method stands as a value."""
        loads = isinstance(getattr(node, "ctx", None), ast.Load)
        return loads and id(node) not in self._used

    def finds_each(self, node: ast.expr) -> bool:
        """Tell whether a `.get` is asked for the keys of its own table alone."""
        return id(node) in self._sure


def _in_use(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=used):
                yield used
            case ast.Attribute(value=used) | ast.Subscript(value=used):
                yield used


def _of_own_keys(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield the `d.get` of `max(d, key=d.get)` and the like."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and len(node.args) == 1:
            for keyword in node.keywords:
                match keyword.value:
                    case ast.Attribute(value=base, attr="get") as got:
                        if ast.dump(base) == ast.dump(node.args[0]):
                            yield got


def called_later(made: ast.Call) -> ast.Lambda:
    """Return a function that passes all that it is given to a call."""
    arguments = ast.arguments(
        [], [], ast.arg("args"), [], [], ast.arg("more"), []
    )  # fmt: skip
    made.args.append(ast.Starred(ast.Name("args", ast.Load()), ast.Load()))
    made.keywords.append(ast.keyword(None, ast.Name("more", ast.Load())))
    return ast.Lambda(arguments, made)


def items_of(call: Expressions, node: ast.expr) -> list[ast.expr]:
    """Return the items of one list that is written out, in place or under a name."""
    match node if isinstance(node, ast.Set) else call.written(node):
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            starred = any(isinstance(item, ast.Starred) for item in items)
            return [] if starred else items
    return []


def of_items(function: Any, keywords: list[ast.keyword], key: Any = None) -> ast.expr:
    """Return a function of items: `function` of all of them with these keywords, and of
    that the item at `key`."""
    made: ast.expr = ast.Call(
        function,
        [ast.Name("args", ast.Load())],
        [ast.keyword(None, ast.Name("more", ast.Load()))],
    )
    if key is not None:
        made = ast.Subscript(made, ast.Name("at", ast.Load()), ast.Load())
    inner = ast.arguments([], [], ast.arg("args"), [], [], None, [])
    # What stands in place is worked out in place, not in a function.
    outer = ast.arguments([], [ast.arg("at")], None, [], [], ast.arg("more"), [])
    given = [key if key is not None else ast.Constant(None)]
    return ast.Call(ast.Lambda(outer, ast.Lambda(inner, made)), given, keywords)
