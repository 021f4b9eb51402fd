"""Puts the calls and subscripts of a body under observation.

Some may do nothing or use only a part of what they have: a cut that cuts nothing, a bound
that never binds, an entry of a table that is never looked up.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from architect.gate.coverage.expressions import Expressions, plain, text_of
from architect.gate.coverage.handed import (
    ANSWERLESS,
    CHOOSING,
    DEFAULTING,
    METHODS,
    Places,
    called_later,
    items_of,
    of_items,
)
from architect.gate.coverage.points import CHANGED, CHOSEN, RAN, VARIED

_METHODS = """
    clip head tail where mask fillna dropna replace strip lstrip rstrip removeprefix
    removesuffix truncate nlargest nsmallest drop_duplicates ffill bfill
    split rsplit partition rpartition
"""
CUTTING_METHODS = frozenset(_METHODS.split())
# By how many of their arguments they may give back.
CUTTING = {"abs": 1, "round": 1, "sorted": 1, "pow": 1}
NUMPY_CUTTING = {
    "clip": 1, "minimum": 2, "maximum": 2, "fmin": 2, "fmax": 2, "abs": 1, "mod": 1,
    "fmod": 1, "remainder": 1,
}  # fmt: skip
MATH_CUTTING = {"fmod": 1, "remainder": 1}
_MODULES = {"np": NUMPY_CUTTING, "math": MATH_CUTTING}
_FIRST_TWO = ["its first argument", "its second argument"]
_FOUND, _DEFAULT = "a key that is there", "the default"


class Calls(Expressions):
    """Observes what is called, looked up, and handed on to be called."""

    def __init__(self, function: ast.FunctionDef, ports: Sequence[str] = ()) -> None:
        super().__init__(function, ports)
        self._places = Places(function)

    def visit_Call(self, node: ast.Call) -> Any:
        if self.is_constant(node) or self._is_of_a_port(node):
            return self.inside(node)
        return (
            self._chosen(node)
            or self._got(node)
            or self._defaulted(node)
            or self._cutting_method(node)
            or self._cutting(node)
            or self.call("saw", self.point(node, RAN | VARIED), self.inside(node))
        )

    def _is_of_a_port(self, node: ast.Call) -> bool:
        return isinstance(node.func, ast.Attribute) and _is_name(
            node.func.value, *self.ports
        )

    def _chosen(self, node: ast.Call) -> ast.AST | None:
        """Of min and max each argument, or item of a list, must be the answer once."""
        if not _is_name(node.func, *CHOOSING):
            return None
        items, named = node.args, False
        if len(items) == 1:
            items = items_of(self, node.args[0])
            named = isinstance(node.args[0], ast.Name)
        if len(items) < 2 or not _is_written_out(items):
            return None
        point = self.point(node, RAN | _each(CHOSEN, items), *items)
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        if named:
            made = self.call("chooser", point, node.func)
            return ast.Call(made, node.args, node.keywords)
        choose = of_items(node.func, node.keywords) if node.keywords else node.func
        return self.call("chose", point, choose, *map(self.visit, items))

    def _chosen_by_order(self, node: ast.Subscript) -> ast.AST | None:
        """Of `sorted([a, b])[0]` too."""
        match node.value:
            case ast.Call(func=ast.Name(id="sorted"), args=[one]) as call:
                items = [] if isinstance(one, ast.Name) else items_of(self, one)
            case _:
                return None
        if len(items) < 2:
            return None
        point = self.point(node, RAN | _each(CHOSEN, items), *items)
        for keyword in call.keywords:
            keyword.value = self.visit(keyword.value)
        choose = of_items(call.func, call.keywords, self.visit(node.slice))
        return self.call("chose", point, choose, *map(self.visit, items))

    def _got(self, node: ast.Call) -> ast.AST | None:
        """Of a mapping that is asked each key, and the default, must be met once."""
        match node:
            case ast.Call(func=ast.Attribute(value=base, attr="get"), keywords=[]):
                args = node.args
            case _:
                return None
        if _is_name(base, "dict") and args:
            base, *args = args
        if not (1 <= len(args) <= 2 and _is_written_out([base, *args])):
            return None
        point = self._entry_point(node, base)
        return self.call("got", point, *map(self.visit, (base, *args)))

    def _defaulted(self, node: ast.Call) -> ast.AST | None:
        """Of `pop` and `setdefault` the answer must once be anything but the default."""
        func = node.func
        if not isinstance(func, ast.Attribute) or func.attr not in DEFAULTING:
            return None
        if node.keywords or len(node.args) != 2 or not _is_written_out(node.args):
            return None
        point = self.point(node, RAN | VARIED | CHANGED << 1, *node.args)
        method = ast.Attribute(self.visit(func.value), func.attr, ast.Load())
        return self._with_arguments(self.call("called", point, method, plain("")), node)

    def _entry_point(self, node: ast.expr, base: ast.expr) -> ast.expr:
        keys = [text_of(key) for key in self._entries(base)] or [_FOUND]
        needs = RAN | VARIED | _each(CHOSEN, [*keys, _DEFAULT])
        return self.named_point(node, needs, [*keys, _DEFAULT])

    def _cutting_method(self, node: ast.Call) -> ast.AST | None:
        func = node.func
        if not isinstance(func, ast.Attribute) or func.attr not in CUTTING_METHODS:
            return None
        point = self.point(node, RAN | VARIED | CHANGED, func.value)
        made = self.call("called", point, self.visit(func.value), plain(func.attr))
        return self._with_arguments(made, node)

    def _cutting(self, node: ast.Call) -> ast.AST | None:
        count = _gives_back(node.func)
        operands = node.args[:count]
        if not operands or not _is_written_out(operands):
            return None
        point = self.point(node, RAN | VARIED | _each(CHANGED, operands), *operands)
        made = self.call("called", point, node.func, plain(""))
        return self._with_arguments(made, node)

    def _with_arguments(self, made: ast.Call, node: ast.Call) -> ast.Call:
        self.inside_arguments(node)
        made.args += node.args
        made.keywords = node.keywords
        return made

    # --- functions as values -------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> Any:
        if not self._places.is_handed_on(node):
            return node
        if node.id in CHOOSING:
            needs = RAN | _each(CHOSEN, _FIRST_TWO)
            point = self.named_point(node, needs, _FIRST_TWO)
            return self.call("chooser", point, node)
        return self._cutting_later(node) if _gives_back(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if not self._places.is_handed_on(node) or _is_name(node.value, *self.ports):
            return self.inside(node)
        if _is_name(node.value, *_MODULES):
            return self._cutting_later(node) if _gives_back(node) else node
        if node.attr == "get" and not self._places.finds_each(node):
            point = self._entry_point(node, node.value)
            return self.call("getter", point, self.visit(node.value))
        if node.attr not in METHODS:
            return self.inside(node)
        needs = RAN if node.attr in ANSWERLESS else RAN | VARIED
        if node.attr in DEFAULTING:
            needs |= CHANGED << 1
        point = self.named_point(node, needs, _FIRST_TWO)
        return self.call("handed", point, self.inside(node))

    def _cutting_later(self, node: ast.expr) -> ast.AST:
        operands = _FIRST_TWO[: _gives_back(node)]
        needs = RAN | VARIED | _each(CHANGED, operands)
        point = self.named_point(node, needs, operands)
        return called_later(self.call("called", point, node, plain("")))

    # --- subscripts ----------------------------------------------------------------

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        if not isinstance(node.ctx, ast.Load) or self.is_constant(node):
            return self.inside(node)
        if isinstance(node.slice, ast.Slice):
            return self._cut(node, node.slice)
        if chosen := self._chosen_by_order(node):
            return chosen
        if entries := self._entries(node.value):
            needs = RAN | VARIED | _each(CHOSEN, entries)
            point = self.point(node, needs, *entries)
            return self.call(
                "picked", point, *map(self.visit, (node.value, node.slice))
            )
        point = self.point(node, RAN | VARIED | CHANGED, _table(node.value))
        return self.call("masked", point, *map(self.visit, (node.value, node.slice)))

    def _cut(self, node: ast.Subscript, part: ast.Slice) -> ast.AST:
        point = self.point(node, RAN | CHANGED, _table(node.value))
        bounds = (part.lower, part.upper, part.step)
        parts = [self.visit(b) if b else ast.Constant(None) for b in bounds]
        whole = ast.Call(ast.Name("slice", ast.Load()), parts, [])
        return self.call("cut", point, self.visit(node.value), whole)

    def _entries(self, node: ast.expr) -> list[ast.expr]:
        """Return the items or keys of a table that is written out, in place or under a
        name; none where it is not."""
        match self.written(node):
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return items if _is_written_out(items) else []
            case ast.Dict(keys=keys):
                return [key for key in keys if key] if None not in keys else []
        return []


def _each(bit: int, things: Sequence[object]) -> int:
    return bit * ((1 << len(things)) - 1)


def _gives_back(function: ast.expr) -> int:
    match function:
        case ast.Name(id=name):
            return CUTTING.get(name, 0)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return _MODULES.get(module, {}).get(name, 0)
    return 0


def _is_written_out(args: Sequence[ast.expr]) -> bool:
    return not any(isinstance(arg, ast.Starred) for arg in args)


def _is_name(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _table(node: ast.expr) -> ast.expr:
    """Return the table of a `.iloc` or `.loc`, else the node itself."""
    if isinstance(node, ast.Attribute) and node.attr in ("iloc", "loc"):
        return node.value
    return node
