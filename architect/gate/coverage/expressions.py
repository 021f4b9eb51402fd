"""Puts the expressions of a body under observation.

Each is put in a call that notes its value and hands it on. What is made of constants alone
and what a port answers is not asked to vary; a test is, whatever it is made of.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from architect.gate.coverage.constant import Constants
from architect.gate.coverage.points import (
    CHANGED,
    FALSE,
    RAN,
    TRUE,
    VARIED,
    Point,
)

BOTH = RAN | TRUE | FALSE
SHOWN = 60


class Expressions(ast.NodeTransformer):
    """Changes expressions in place; `points` tells what was put where.

    `ports` are the parameters whose answers the tests play.
    """

    def __init__(self, function: ast.FunctionDef, ports: Sequence[str] = ()) -> None:
        self.points: list[Point] = []
        self.ports = frozenset(ports)
        self._constants = Constants(function)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self.truth(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        # A walrus may not stand in what is iterated, so nothing is put around it.
        node.iter = self.visit(node.iter)
        node.ifs = [self.truth(test) for test in node.ifs]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        *before, last = node.values
        node.values = [*(self.truth(value) for value in before), self.visit(last)]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            node.operand = self.truth(node.operand)
            return node
        return self.inside(node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        if _is_literal(node) or binds(node):
            return self.inside(node)
        ops, points = [type(op).__name__ for op in node.ops], []
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            link = ast.Compare(left, [op], [right])
            points.append(
                self.point(node, RAN | VARIED | TRUE | FALSE, text=text_of(link))
            )
        first, *rest = [self.visit(side) for side in sides]
        later = [_later(side) for side in rest]
        return self.call("chain", plain(points), plain(ops), first, *later)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if self.is_constant(node):
            return node
        # Of & and | each side varies, and so does what they come to: as for `and`.
        joins = isinstance(node.op, (ast.BitAnd, ast.BitOr))
        needs = RAN | VARIED | (0 if joins else CHANGED | CHANGED << 1)
        point = self.point(node, needs, node.left, node.right)
        op = plain(type(node.op).__name__)
        return self.call(
            "applied", point, op, *map(self.visit, (node.left, node.right))
        )

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        body = node.body
        node.body = self.visit(body)
        if node.body is body and not self.is_constant(body):
            node.body = self.call("ran", self.point(body, RAN), body)
        return node

    # --- parts ---------------------------------------------------------------------

    def inside(self, node: Any) -> Any:
        """Observe the parts of an expression, not what they come to."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                # Of a method it is what it belongs to that has a value.
                node.func.value = self.visit(node.func.value)
            else:
                node.func = self.visit(node.func)
            self.inside_arguments(node)
            return node
        self.generic_visit(node)
        return node

    def inside_arguments(self, node: ast.Call) -> None:
        """Observe the arguments of a call."""
        node.args = [self.visit(arg) for arg in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)

    def truth(self, node: ast.expr) -> Any:
        """Observe both outcomes of a test."""
        if _is_literal(node):
            return node
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and not binds(node):
            return self.visit(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.visit(node)
        if isinstance(node, ast.BoolOp):
            node.values = [self.truth(value) for value in node.values]
            return node
        point = self.point(node, BOTH)
        return self.call("saw", point, self.visit(node))

    def point(
        self, node: ast.AST, needs: int, *operands: ast.expr, text: str | None = None
    ) -> ast.expr:
        """Add a place; return its number as an expression."""
        return self.named_point(node, needs, list(map(text_of, operands)), text)

    def named_point(
        self,
        node: ast.AST,
        needs: int,
        operands: Sequence[str],
        text: str | None = None,
    ) -> ast.expr:
        """Add a place whose operands have names; return its number."""
        line = getattr(node, "lineno", 0)
        shown = text or text_of(node)
        self.points.append(Point(line, shown, needs, tuple(operands)))
        return ast.Constant(len(self.points) - 1)

    def call(self, name: str, *args: ast.expr) -> ast.Call:
        """Return a call of the observer."""
        return ast.Call(ast.Name(f"_observed_{name}", ast.Load()), [*args], [])

    def written(self, node: ast.expr) -> ast.expr:
        """Return what a name is bound to, where that is one thing, else the node."""
        return self._constants.bound_once(node) or node

    def is_constant(self, node: ast.AST) -> bool:
        """Tell whether it is the same for every input."""
        return self._constants.is_constant(node)


def plain(value: object) -> ast.expr:
    """Return an expression for a text, a number or a list."""
    if isinstance(value, list):
        return ast.List([plain(one) for one in value], ast.Load())
    return value if isinstance(value, ast.expr) else ast.Constant(value)  # type: ignore[arg-type]


def _later(value: ast.expr) -> ast.expr:
    nothing = ast.arguments([], [], None, [], [], None, [])
    return ast.Lambda(nothing, value)


def _is_literal(node: ast.AST) -> bool:
    return not any(isinstance(one, (ast.Name, ast.Call)) for one in ast.walk(node))


def binds(node: ast.AST) -> bool:
    """Tell whether something is bound or yielded inside, which a lambda would hide."""
    hidden = (ast.NamedExpr, ast.Yield, ast.YieldFrom)
    return any(isinstance(one, hidden) for one in ast.walk(node))


def text_of(node: ast.AST) -> str:
    """Return a part of a body on one line, cut where it is long."""
    line = ast.unparse(node).strip().splitlines()[0]
    return line if len(line) <= SHOWN else line[: SHOWN - 4] + " ..."
