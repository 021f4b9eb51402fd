"""Changes of statements: dropped, swapped, returning or catching something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from architect.strength.edits import Edit, Place, located

# What a body may return instead, by the type that its spec names.
_NOTHING = {
    "bool": ("True", "False"),
    "int": ("0", "1"),
    "float": ("0.0", "1.0"),
    "Decimal": ("Decimal(0)", "Decimal(1)"),
    "str": ("''",),
    "list": ("[]",),
    "dict": ("{}",),
    "None": ("None",),
}
# Calls that change nothing, of those that bodies begin with.
_HARMLESS = {
    "shift", "rolling", "ewm", "mean", "sum", "std", "mask", "where", "fillna", "ffill",
    "diff", "clip", "abs", "isna", "notna", "copy", "cumsum", "get", "items", "values",
    "total_seconds", "quantize",
}  # fmt: skip
_PURE = {
    "abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "range", "round",
    "set", "sorted", "str", "sum", "tuple", "Decimal",
}  # fmt: skip
_BLOCKS = ("body", "orelse", "finalbody")


def edits(place: Place, bound_once: frozenset[str], returns: str) -> Iterator[Edit]:
    """Yield the edits of the statement at `place`; `returns` is the spec's type."""
    node = place.node
    if isinstance(node, ast.stmt) and place.field in _BLOCKS:
        yield from _dropped(place, node, bound_once)
        yield from _swapped(place)
    match node:
        case ast.Return(value=ast.expr() as value):
            yield from _returned(node, value, returns)
        case ast.ExceptHandler():
            yield from _caught(node)
        case ast.Try() if len(node.handlers) > 1:
            for index in range(len(node.handlers)):
                rest = node.handlers[:index] + node.handlers[index + 1 :]
                yield Edit(node, "handlers", rest, "handler dropped")
        case ast.AugAssign():
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield Edit(node, "op", other, "operator")


def _dropped(
    place: Place, node: ast.stmt, bound_once: frozenset[str]
) -> Iterator[Edit]:
    last = place.index == len(getattr(place.owner, place.field)) - 1
    if isinstance(node, ast.Pass) or (isinstance(node, ast.Return) and _is_body(place)):
        return
    if isinstance(node, ast.Assign) and _names(node) & bound_once:
        # What follows could not even read the name.
        return
    if isinstance(node, ast.Return | ast.Raise) and last and _is_body(place):
        return
    yield place.put(located(ast.Pass(), node), "statement dropped")


def _is_body(place: Place) -> bool:
    return isinstance(place.owner, ast.FunctionDef)


def _names(node: ast.Assign) -> set[str]:
    parts = (part for target in node.targets for part in ast.walk(target))
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _swapped(place: Place) -> Iterator[Edit]:
    block = getattr(place.owner, place.field)
    index = place.index
    if index is None or index + 1 >= len(block):
        return
    one, two = block[index], block[index + 1]
    if isinstance(one, ast.Return) or isinstance(two, ast.Return):
        return
    if _apart(one, two):
        # The same program.
        return
    turned = [*block[:index], two, one, *block[index + 2 :]]
    yield Edit(place.owner, place.field, turned, "statements swapped")


def _apart(one: ast.stmt, two: ast.stmt) -> bool:
    """Tell whether two assignments can be done in either order: neither reads or sets
    what the other sets, and nothing in them changes an object or acts outside."""
    if not isinstance(one, ast.Assign) or not isinstance(two, ast.Assign):
        return False
    names = [
        [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        for node in (one, two)
    ]
    sets = [{n.id for n in part if isinstance(n.ctx, ast.Store)} for part in names]
    touches = [{n.id for n in part} for part in names]
    if sets[0] & touches[1] or sets[1] & touches[0]:
        return False
    return not any(map(_may_act, (*ast.walk(one), *ast.walk(two))))


def _may_act(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name not in _HARMLESS
        case ast.Call(func=ast.Name(id=name)):
            return name not in _PURE
    return isinstance(node, ast.Call | ast.NamedExpr | ast.Await)


def _returned(node: ast.Return, value: ast.expr, returns: str) -> Iterator[Edit]:
    for part in returns.split(" | "):
        for text in _NOTHING.get(part.partition("[")[0], ()):
            other = located(ast.parse(text, mode="eval").body, value)
            yield Edit(node, "value", other, "returned value")
    if returns in ("int", "float", "Decimal", "Series"):
        negative = located(ast.UnaryOp(ast.USub(), value), value)
        yield Edit(node, "value", negative, "returned value")


def _caught(node: ast.ExceptHandler) -> Iterator[Edit]:
    if isinstance(node.type, ast.Tuple):
        items = node.type.elts
        for index in range(len(items)):
            kept = [*items[:index], *items[index + 1 :]]
            fewer = located(ast.Tuple(kept, ast.Load()), node.type)
            yield Edit(node, "type", fewer, "error not caught")
    again = located(ast.Raise(None, None), node)
    yield Edit(node, "body", [again], "error not caught")
