"""New nodes, in few words. Their places in the source are filled in by `edit.locate`."""

from __future__ import annotations

import ast
from typing import Any

LOAD = ast.Load()


def name(text: str) -> ast.Name:
    """`text`"""
    return ast.Name(text, LOAD)


def const(value: Any) -> ast.Constant:
    """A literal."""
    return ast.Constant(value)


def listed(*items: ast.expr) -> ast.List:
    """`[items]`"""
    return ast.List(list(items), LOAD)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """`function(arguments)`"""
    return ast.Call(name(function), list(arguments), [])


def method(owner: ast.expr, attribute: str, *arguments: ast.expr) -> ast.Call:
    """`owner.attribute(arguments)`"""
    return ast.Call(ast.Attribute(owner, attribute, LOAD), list(arguments), [])


def binary(left: ast.expr, operator: type[ast.operator], right: ast.expr) -> ast.BinOp:
    """`left operator right`"""
    return ast.BinOp(left, operator(), right)


def compare(left: ast.expr, operator: type[ast.cmpop], right: ast.expr) -> ast.Compare:
    """`left operator right`"""
    return ast.Compare(left, [operator()], [right])


def negate(value: ast.expr) -> ast.expr:
    """`not value`, without a second `not`."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        return value.operand
    return ast.UnaryOp(ast.Not(), value)


def either(left: ast.expr, right: ast.expr) -> ast.BoolOp:
    """`left or right`"""
    return ast.BoolOp(ast.Or(), [left, right])


def both(left: ast.expr, right: ast.expr) -> ast.BoolOp:
    """`left and right`"""
    return ast.BoolOp(ast.And(), [left, right])


def part(
    owner: ast.expr, lower: ast.expr | None, upper: ast.expr | None
) -> ast.Subscript:
    """`owner[lower:upper]`"""
    return ast.Subscript(owner, ast.Slice(lower, upper, None), LOAD)


def item(owner: ast.expr, index: ast.expr) -> ast.Subscript:
    """`owner[index]`"""
    return ast.Subscript(owner, index, LOAD)


def assign(target: str, value: ast.expr) -> ast.Assign:
    """`target = value`"""
    return ast.Assign([ast.Name(target, ast.Store())], value)


def add_to(target: str, operator: type[ast.operator], value: ast.expr) -> ast.AugAssign:
    """`target operator= value`"""
    return ast.AugAssign(ast.Name(target, ast.Store()), operator(), value)


def do(value: ast.expr) -> ast.Expr:
    """An expression as a statement."""
    return ast.Expr(value)


def when(test: ast.expr, *body: ast.stmt) -> ast.If:
    """`if test: body`"""
    return ast.If(test, list(body), [])
