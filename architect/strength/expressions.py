"""Changes of expressions: operators, comparisons, constants, names, calls, slices."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from architect.strength.edits import Edit, Place, located
from architect.strength.names import Lookalikes

_OPERATORS: dict[type, list[type[ast.operator]]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult, ast.FloorDiv],
    ast.FloorDiv: [ast.Div, ast.Mod],
    ast.Mod: [ast.FloorDiv, ast.Div],
    ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.BitXor: [ast.BitOr],
    ast.LShift: [ast.RShift],
    ast.RShift: [ast.LShift],
}
_ONE_SIDED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS: dict[type, list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt, ast.Eq],
    ast.Gt: [ast.GtE, ast.LtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt, ast.Eq],
    ast.Eq: [ast.NotEq, ast.LtE, ast.GtE],
    ast.NotEq: [ast.Eq, ast.Lt, ast.Gt],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
_CONDITIONS = (ast.If, ast.IfExp, ast.While)
# Calls of one argument that may be forgotten.
_FORGOTTEN = {"abs", "bool", "float", "int", "list", "reversed", "round", "set"}
_FORGOTTEN |= {"sorted", "str", "tuple", "Decimal"}


def edits(place: Place, alike: Lookalikes) -> Iterator[Edit]:
    """Yield the edits of the expression at `place`, and those of what it stands for."""
    match place.node:
        case ast.BinOp() as node:
            yield from _binary(place, node)
        case ast.Compare() as node:
            yield from _compare(node)
        case ast.BoolOp() as node:
            yield from _boolean(place, node)
        case ast.UnaryOp() as node:
            yield place.put(node.operand, "sign or not dropped")
        case ast.Constant() as node:
            yield from _constant(place, node)
        case ast.Name(ctx=ast.Load()) as node:
            for name in alike.names(node):
                yield place.put(
                    located(ast.Name(name, ast.Load()), node), "name swapped"
                )
        case ast.Attribute(ctx=ast.Load()) as node:
            for name in alike.attributes(node.attr):
                yield Edit(node, "attr", name, "attribute swapped")
        case ast.Call() as node:
            yield from _call(place, node)
        case ast.Subscript(ctx=ast.Load()) as node:
            yield from _subscript(place, node)
        case ast.List() | ast.Tuple() | ast.Set() as node:
            yield from _items(node)
        case ast.Dict() as node:
            yield from _entries(node)
        case ast.IfExp() as node:
            yield place.put(node.body, "condition True")
            yield place.put(node.orelse, "condition False")
        case ast.comprehension() as node:
            yield from _filters(node)
    yield from _condition(place)


def _binary(place: Place, node: ast.BinOp) -> Iterator[Edit]:
    for other in _OPERATORS.get(type(node.op), []):
        yield Edit(node, "op", other(), "operator")
    yield place.put(node.left, "operand dropped")
    yield place.put(node.right, "operand dropped")
    if isinstance(node.op, _ONE_SIDED):
        turned = ast.BinOp(node.right, node.op, node.left)
        yield place.put(located(turned, node), "operands swapped")


def _compare(node: ast.Compare) -> Iterator[Edit]:
    for index, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield Edit(node, "ops", ops, "comparison")


def _boolean(place: Place, node: ast.BoolOp) -> Iterator[Edit]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield Edit(node, "op", other, "and/or")
    for index in range(len(node.values)):
        rest = node.values[:index] + node.values[index + 1 :]
        if len(rest) == 1:
            yield place.put(rest[0], "condition dropped")
        else:
            yield Edit(node, "values", rest, "condition dropped")


def _constant(place: Place, node: ast.Constant) -> Iterator[Edit]:
    for value in _other_values(node.value):
        yield place.put(located(ast.Constant(value), node), "constant")


def _other_values(value: object) -> Sequence[bool | int | float | str]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        found = [value + 1, value - 1, type(value)(0), -value]
        return [v for v in dict.fromkeys(found) if v != value]
    if isinstance(value, str):
        return _other_texts(value)
    return []


def _other_texts(value: str) -> list[str]:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return ["", f"{value}x"] if value else ["x"]
    if not number.is_finite():
        return ["0"]
    last = Decimal(1).scaleb(int(number.as_tuple().exponent))
    found = [number + last, number - last, Decimal(0), -number]
    return [str(other) for other in dict.fromkeys(found) if other != number]


def _call(place: Place, node: ast.Call) -> Iterator[Edit]:
    args = node.args
    for index in range(len(args) - 1):
        turned = [*args[:index], args[index + 1], args[index], *args[index + 2 :]]
        yield Edit(node, "args", turned, "arguments swapped")
    if len(args) > 1:
        yield Edit(node, "args", args[:-1], "argument dropped")
    for index, keyword in enumerate(node.keywords):
        rest = node.keywords[:index] + node.keywords[index + 1 :]
        yield Edit(node, "keywords", rest, "argument dropped")
        for later in node.keywords[index + 1 : index + 3]:
            yield from _values_swapped(node, keyword, later)
    match node.func:
        case ast.Attribute(value=inner) if not _is_import(inner):
            yield place.put(inner, "call dropped")
        case ast.Name(id=name) if name in _FORGOTTEN and len(args) == 1:
            yield place.put(args[0], "call dropped")
        case ast.Name(id="max" | "min") if len(args) == 2:
            yield from (place.put(arg, "call dropped") for arg in args)


def _values_swapped(
    node: ast.Call, one: ast.keyword, two: ast.keyword
) -> Iterator[Edit]:
    pair = {id(one): two.value, id(two): one.value}
    turned: list[ast.AST] = [
        located(ast.keyword(k.arg, pair.get(id(k), k.value)), k) for k in node.keywords
    ]
    yield Edit(node, "keywords", turned, "arguments swapped")


def _is_import(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("math", "np", "pd", "re")


def _subscript(place: Place, node: ast.Subscript) -> Iterator[Edit]:
    if not isinstance(node.slice, ast.Slice):
        return
    for field in ("lower", "upper", "step"):
        bound = getattr(node.slice, field)
        if bound is None:
            continue
        yield Edit(node.slice, field, None, "slice")
        if not isinstance(bound, ast.Constant):
            for op in (ast.Add(), ast.Sub()):
                moved = located(ast.BinOp(bound, op, ast.Constant(1)), bound)
                yield Edit(node.slice, field, moved, "slice")
    yield place.put(node.value, "slice")


def _items(node: ast.List | ast.Tuple | ast.Set) -> Iterator[Edit]:
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    items = node.elts
    if len(items) > 1:
        for index in range(len(items)):
            rest = items[:index] + items[index + 1 :]
            yield Edit(node, "elts", rest, "item dropped")
    for index in range(len(items) - 1):
        turned = [*items[:index], items[index + 1], items[index], *items[index + 2 :]]
        yield Edit(node, "elts", turned, "items swapped")


def _entries(node: ast.Dict) -> Iterator[Edit]:
    for index, key in enumerate(node.keys):
        if key is not None:
            continue
        # `**one, **two`: which of them wins, and is each needed?
        later = index + 1
        if later < len(node.keys) and node.keys[later] is None:
            values = list(node.values)
            values[index], values[later] = values[later], values[index]
            yield Edit(node, "values", values, "items swapped")
        empty = [*node.values[:index], ast.Dict([], []), *node.values[index + 1 :]]
        located(empty[index], node)
        yield Edit(node, "values", empty, "item dropped")


def _filters(node: ast.comprehension) -> Iterable[Edit]:
    for index, test in enumerate(node.ifs):
        rest = node.ifs[:index] + node.ifs[index + 1 :]
        yield Edit(node, "ifs", rest, "condition dropped")
        turned = [*node.ifs[:index], _negated(test), *node.ifs[index + 1 :]]
        yield Edit(node, "ifs", turned, "condition negated")


def _condition(place: Place) -> Iterator[Edit]:
    if place.field != "test" or not isinstance(place.owner, _CONDITIONS):
        return
    test = place.node
    yield place.put(_negated(test), "condition negated")
    for value in (True, False):
        yield place.put(located(ast.Constant(value), test), f"condition {value}")


def _negated(test: ast.AST) -> ast.expr:
    assert isinstance(test, ast.expr)
    node = located(ast.UnaryOp(ast.Not(), test), test)
    assert isinstance(node, ast.expr)
    return node
