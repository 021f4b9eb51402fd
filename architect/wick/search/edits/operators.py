"""Operators: the other one, its operands the other way round, one operand alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit, Put
from architect.wick.search.places import Place

_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_SWAPS: dict[type[ast.cmpop], dict[type[ast.cmpop], float]] = {
    ast.Lt: {ast.LtE: 1.0, ast.Gt: 1.5, ast.GtE: 1.5, ast.NotEq: 2.5, ast.Eq: 3.0},
    ast.LtE: {ast.Lt: 1.0, ast.GtE: 1.5, ast.Gt: 1.5, ast.NotEq: 3.0, ast.Eq: 2.5},
    ast.Gt: {ast.GtE: 1.0, ast.Lt: 1.5, ast.LtE: 1.5, ast.NotEq: 2.5, ast.Eq: 3.0},
    ast.GtE: {ast.Gt: 1.0, ast.LtE: 1.5, ast.Lt: 1.5, ast.NotEq: 3.0, ast.Eq: 2.5},
    ast.Eq: {ast.NotEq: 1.5, ast.LtE: 2.4, ast.GtE: 2.4, ast.Lt: 2.7, ast.Gt: 2.7},
    ast.NotEq: {ast.Eq: 1.5, ast.Lt: 2.2, ast.Gt: 2.2, ast.LtE: 2.7, ast.GtE: 2.7},
    ast.Is: {ast.IsNot: 1.5, ast.Eq: 2.5},
    ast.IsNot: {ast.Is: 1.5, ast.NotEq: 2.5},
    ast.In: {ast.NotIn: 1.5},
    ast.NotIn: {ast.In: 1.5},
}
_NEAR: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Div),
    ast.Mult: (ast.Div, ast.Pow, ast.Add, ast.FloorDiv),
    ast.Div: (ast.FloorDiv, ast.Mult),
    ast.FloorDiv: (ast.Div, ast.Mod, ast.Mult),
    ast.Mod: (ast.FloorDiv, ast.Div, ast.Mult),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr, ast.BitXor),
    ast.BitOr: (ast.BitAnd, ast.BitXor),
    ast.BitXor: (ast.BitAnd, ast.BitOr),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
_ALL = tuple(_NEAR)


def operators(context: Context) -> Iterator[Edit]:
    """Yield the edits of comparisons, arithmetic and logic."""
    for place in context.places:
        node = place.node
        if isinstance(node, ast.Compare):
            yield from _compare(context, place, node)
        elif isinstance(node, ast.BinOp):
            yield from _binary(place, node)
        elif isinstance(node, ast.BoolOp):
            yield from _logic(place, node)
        elif isinstance(node, ast.UnaryOp):
            yield place.put(node.operand, 1.8, "drop unary operator")
    yield from _in_place(context)


def _compare(context: Context, place: Place, node: ast.Compare) -> Iterator[Edit]:
    kinds = context.kinds(node.left)
    numbers = not kinds or "num" in kinds
    for index, operator in enumerate(node.ops):
        for other, cost in _SWAPS[type(operator)].items():
            if not numbers and isinstance(operator, ast.Eq | ast.NotEq) and cost > 1.5:
                cost += 1.5  # order of what is no number is rarely meant
            edit = place.set("ops", other(), cost, "swap comparison")
            edit.changes = (Put(node, "ops", index, other()),)
            yield edit
    right = node.comparators[0]
    if len(node.ops) == 1:
        swapped = ast.Compare(right, node.ops, [node.left])
        if not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            yield place.put(swapped, 2.0, "swap operands")
        if isinstance(right, ast.Constant) and type(right.value) is int:
            yield from _threshold(place, node, right.value)


def _threshold(place: Place, node: ast.Compare, limit: int) -> Iterator[Edit]:
    """Yield the comparison with another operator and the next threshold."""
    if type(node.ops[0]) not in _ORDER:
        return
    for other in _ORDER:
        for value in (limit - 1, limit + 1):
            if other is not type(node.ops[0]):
                new = make.compare(node.left, other, make.const(value))
                yield place.put(new, 3.2, "threshold")


def _binary(place: Place, node: ast.BinOp) -> Iterator[Edit]:
    near = _NEAR.get(type(node.op), ())
    for other in _ALL:
        if other is not type(node.op):
            cost = 1.5 if other in near[:1] else 2.0 if other in near else 3.2
            yield place.set("op", other(), cost, "swap operator")
    yield place.put(ast.BinOp(node.right, node.op, node.left), 2.0, "swap operands")
    for kept in (node.left, node.right):
        yield place.put(kept, 2.3, "drop operand")
    yield from _regrouped(place, node)


def _regrouped(place: Place, node: ast.BinOp) -> Iterator[Edit]:
    """Yield `a op (b op c)` for `(a op b) op c`, and back."""
    if isinstance(node.left, ast.BinOp):
        inner = node.left
        new = ast.BinOp(
            inner.left, inner.op, ast.BinOp(inner.right, node.op, node.right)
        )
        yield place.put(new, 2.5, "regroup")
    if isinstance(node.right, ast.BinOp):
        inner = node.right
        new = ast.BinOp(
            ast.BinOp(node.left, node.op, inner.left), inner.op, inner.right
        )
        yield place.put(new, 2.5, "regroup")


def _logic(place: Place, node: ast.BoolOp) -> Iterator[Edit]:
    other: ast.boolop = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    yield place.set("op", other, 1.5, "swap and with or")
    for index in range(len(node.values)):
        rest = node.values[:index] + node.values[index + 1 :]
        kept = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield place.put(kept, 2.2, "drop operand")
    yield place.put(ast.BoolOp(node.op, node.values[::-1]), 2.5, "swap operands")
    for at in range(1, len(node.values)) if len(node.values) > 2 else ():
        first, last = _group(node.op, node.values[:at]), _group(
            node.op, node.values[at:]
        )
        yield place.put(ast.BoolOp(other, [first, last]), 1.9, "swap and with or")
        for one, two in ((node.op, other), (other, node.op)):
            left = ast.BoolOp(one, [_group(two, node.values[:at]), *node.values[at:]])
            right = ast.BoolOp(one, [*node.values[:at], _group(two, node.values[at:])])
            yield place.put(left, 2.4, "regroup")
            yield place.put(right, 2.4, "regroup")


def _group(operator: ast.boolop, values: list[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.BoolOp(operator, values)


def _in_place(context: Context) -> Iterator[Edit]:
    for block in context.blocks:
        for index, node in enumerate(block.statements):
            if not isinstance(node, ast.AugAssign):
                continue
            near = _NEAR.get(type(node.op), ())
            for other in _ALL:
                if other is not type(node.op):
                    cost = 1.5 if other in near[:1] else 2.0 if other in near else 3.2
                    new = ast.AugAssign(node.target, other(), node.value)
                    yield block.replaced(index, index + 1, [new], cost, "swap operator")
            plain = ast.Assign([node.target], node.value)
            yield block.replaced(index, index + 1, [plain], 2.8, "assign only")
