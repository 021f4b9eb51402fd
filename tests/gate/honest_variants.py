"""Other ways to write an honest body, made from one that is accepted: same meaning, other code."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

_MIRRORED = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
    ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip


class Mirrored(ast.NodeTransformer):
    """`a < b` as `b > a`."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        other = _MIRRORED.get(type(node.ops[0]))
        if len(node.ops) != 1 or other is None:
            return node
        return ast.Compare(node.comparators[0], [other()], [node.left])


class Flipped(ast.NodeTransformer):
    """`a if c else b` as `b if not c else a`, and so for statements."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if not node.orelse:
            return node
        return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)


class Named(ast.NodeTransformer):
    """`return value` by way of a name."""

    def visit_Return(self, node: ast.Return) -> Any:
        if node.value is None:
            return node
        kept = ast.Assign([ast.Name("answer", ast.Store())], node.value)
        return [kept, ast.Return(ast.Name("answer", ast.Load()))]


def variants(body: str) -> list[str]:
    """Return the body in other words; none where nothing in it can be said otherwise."""
    plain = _said(body, ast.NodeTransformer())
    said = (_said(body, way()) for way in (Mirrored, Flipped, Named))
    return [text for text in dict.fromkeys(said) if text != plain]


def _said(body: str, way: ast.NodeTransformer) -> str:
    tree = ast.parse("def f():\n" + textwrap.indent(body, "    "))
    function: Any = ast.fix_missing_locations(way.visit(tree)).body[0]
    return "\n".join(map(ast.unparse, function.body)) + "\n"
