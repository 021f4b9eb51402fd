"""An expression within a larger one: `x + 1`, `max(0, x)`, `x[1:]`, `not x`, `[x]` ..."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.kinds import Kinds, fits
from architect.wick.search.places import Place

_LARGE = 14  # nodes; larger pieces make unlikely operands


def wraps(context: Context) -> Iterator[Edit]:
    """Yield every expression wrapped in what suits the kinds of its values."""
    for place in context.places:
        if not _wrappable(place):
            continue
        kinds = context.kinds(place.node)
        for new, cost, family in _wrapped(context, place, kinds):
            yield place.put(new, cost if kinds else cost + 1.0, family)


def _wrappable(place: Place) -> bool:
    if isinstance(
        place.node, ast.Starred | ast.Slice | ast.Yield | ast.YieldFrom | ast.Lambda
    ):
        return False
    if place.field == "func":
        return False
    return not (
        isinstance(place.holder, ast.Expr) or place.field in ("ops", "format_spec")
    )


Wrapped = tuple[ast.expr, float, str]


def _wrapped(context: Context, place: Place, kinds: Kinds) -> Iterator[Wrapped]:
    node = place.node
    names = context.names(place)
    if not isinstance(node, ast.Constant):
        yield make.negate(node), 2.2 if place.is_condition else 4.5, "negate"
    if kinds & {"table"}:
        yield from _table(node)
    if (not kinds or kinds & {"num", "table"}) and not _is_text(node):
        yield from _number(context, node, names)
    if not kinds or kinds & {"seq", "str"}:
        yield from _sequence(context, node, names, kinds)
    if not kinds or kinds & {"seq", "set", "dict", "iter"}:
        yield from _collection(node, place, kinds)
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        yield from _looked_up(context, node)
    if "none" in kinds:
        for value in (0, "", 1, False):
            yield make.either(node, make.const(value)), 3.0, "default"
        yield make.either(node, make.listed()), 3.2, "default"
    if not isinstance(node, ast.Constant) or node.value is not None:
        yield make.listed(node), 3.2, "wrap in list"
    for function in context.functions_in_reach:
        yield make.call(function, node), 4.5, "wrap in call"
    if not kinds or kinds & {"str", "num"}:
        for function in ("int", "str", "float"):
            yield make.call(function, node), 4.2, "convert"
    if kinds & {"str"}:
        for method in ("strip", "lower", "upper"):
            yield make.method(node, method), 4.2, "convert"
    if not isinstance(node, ast.Constant):
        yield from _as_elsewhere(context, node, kinds)


def _as_elsewhere(context: Context, node: ast.expr, kinds: Kinds) -> Iterator[Wrapped]:
    """Yield what the program does with another value of this kind."""
    for piece in context.pieces:
        other = piece.node
        if not isinstance(other, ast.Call) or other.keywords or len(other.args) > 1:
            continue
        if isinstance(other.func, ast.Attribute) and not other.args:
            subject: ast.expr = other.func.value
            new = make.method(node, other.func.attr)
        elif isinstance(other.func, ast.Name) and other.args:
            subject = other.args[0]
            new = make.call(other.func.id, node)
        else:
            continue
        if fits(kinds, context.kinds(subject)):
            yield new, 3.0, "as elsewhere"


def _table(node: ast.expr) -> Iterator[Wrapped]:
    for by in (1, -1):
        yield make.method(node, "shift", make.const(by)), 3.0, "shift"
    for method in ("diff", "abs", "dropna", "cumsum", "mean", "sum"):
        yield make.method(node, method), 3.6, "of a table"
    yield make.method(node, "fillna", make.const(0.0)), 3.2, "of a table"
    yield make.method(node, "astype", make.name("float")), 3.2, "convert"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _number(
    context: Context, node: ast.expr, names: dict[str, Kinds]
) -> Iterator[Wrapped]:
    one = make.const(1)
    if not isinstance(node, ast.Constant):
        yield make.binary(node, ast.Add, one), 1.9, "plus one"
        yield make.binary(node, ast.Sub, one), 1.9, "minus one"
        yield make.call("max", make.const(0), node), 2.8, "at least 0"
        yield make.call("max", one, node), 3.6, "at least 1"
        yield make.call("min", one, node), 3.8, "at most 1"
        yield make.call("round", node), 4.0, "round"
        yield make.call("round", node, make.const(2)), 4.4, "round"
        yield ast.UnaryOp(ast.USub(), node), 2.6, "negative"
        yield make.call("abs", node), 2.8, "absolute"
        for operator in (ast.Pow, ast.Mult, ast.FloorDiv, ast.Div, ast.Mod):
            yield make.binary(node, operator, make.const(2)), 3.4, "by 2"
        for value in (10, 100, 1000):
            yield make.binary(node, ast.Mult, make.const(value)), 4.0, "unit"
            yield make.binary(node, ast.Div, make.const(value)), 4.0, "unit"
    for value in _integers(context):
        for by_constant in (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod):
            yield make.binary(
                node, by_constant, make.const(value)
            ), 4.0, "with constant"
    for other, kinds in names.items():
        if "num" not in kinds:
            continue
        with_name = make.name(other)
        yield make.binary(node, ast.Sub, with_name), 3.3, "with name"
        yield make.binary(node, ast.Add, with_name), 3.3, "with name"
        yield make.binary(node, ast.Mult, with_name), 3.8, "with name"
        yield make.binary(with_name, ast.Sub, node), 4.0, "with name"
        for operator in (ast.FloorDiv, ast.Div, ast.Mod):
            yield make.binary(node, operator, with_name), 4.2, "with name"
        for function in ("max", "min"):
            yield make.call(function, with_name, node), 3.8, "bound by name"
    yield from _with_pieces(context, node, names)


def _with_pieces(
    context: Context, node: ast.expr, names: dict[str, Kinds]
) -> Iterator[Wrapped]:
    for piece in context.pieces:
        if "num" not in piece.kinds or piece.size > _LARGE:
            continue
        if isinstance(piece.node, ast.Name | ast.Constant | ast.BinOp):
            continue
        if piece.names <= names.keys() | _BUILTINS:
            for function in ("max", "min"):
                yield make.call(function, piece.node, node), 4.0, "bound by expression"
            yield make.binary(node, ast.Sub, piece.node), 4.3, "with expression"
            yield make.binary(node, ast.Add, piece.node), 4.3, "with expression"


def _integers(context: Context) -> list[int]:
    nodes = [p.node.value for p in context.pieces if isinstance(p.node, ast.Constant)]
    return [v for v in nodes if type(v) is int and v not in (0, 1, -1)][:4]


def _sequence(
    context: Context, node: ast.expr, names: dict[str, Kinds], kinds: Kinds
) -> Iterator[Wrapped]:
    empty = isinstance(node, ast.List) and not node.elts
    if not isinstance(node, ast.Constant) and not empty:
        yield make.part(node, make.const(1), None), 2.4, "slice"
        yield make.part(node, None, make.const(-1)), 2.6, "slice"
        backward = ast.Slice(None, None, make.const(-1))
        yield make.item(node, backward), 3.2, "reverse"
        yield make.item(node, make.const(0)), 3.4, "item"
        yield make.item(node, make.const(-1)), 3.4, "item"
        for other, known in names.items():
            if "num" in known:
                yield make.part(node, make.name(other), None), 3.3, "slice"
                yield make.part(node, None, make.name(other)), 3.3, "slice"
                yield make.item(node, make.name(other)), 3.8, "item"
    yield from _joined(context, node, names, kinds)


def _joined(
    context: Context, node: ast.expr, names: dict[str, Kinds], kinds: Kinds
) -> Iterator[Wrapped]:
    for piece in context.pieces:
        if piece.size > _LARGE or not piece.names <= names.keys() | _BUILTINS:
            continue
        if piece.kinds & {"seq", "str"} and (not kinds or piece.kinds & kinds):
            yield make.binary(piece.node, ast.Add, node), 3.8, "join"
            yield make.binary(node, ast.Add, piece.node), 3.8, "join"
    if kinds & {"seq"}:
        for other, known in names.items():
            if "call" not in known:
                yield make.binary(
                    node, ast.Add, make.listed(make.name(other))
                ), 4.2, "join"
                yield make.binary(
                    make.listed(make.name(other)), ast.Add, node
                ), 4.4, "join"


def _looked_up(context: Context, node: ast.Subscript) -> Iterator[Wrapped]:
    """Yield `a.get(b, default)` for `a[b]`, if `a` is a mapping."""
    owner = context.kinds(node.value)
    if owner and "dict" not in owner:
        return
    yield make.method(node.value, "get", node.slice), 3.0, "get"
    for value in (make.const(0), make.listed(), make.const(""), make.const(None)):
        yield make.method(node.value, "get", node.slice, value), 2.8, "get"


def _collection(node: ast.expr, place: Place, kinds: Kinds) -> Iterator[Wrapped]:
    if isinstance(node, ast.Constant):
        return
    if not isinstance(node, ast.Call):
        # A plain name given a second name, then changed, is a slip of its own.
        alias = isinstance(node, ast.Name) and isinstance(place.holder, ast.Assign)
        yield make.method(node, "copy"), 2.0 if alias else 3.0, "copy"
        yield make.call("list", node), 2.2 if alias else 3.6, "copy"
    yield make.call("len", node), 3.2, "length"
    for function in ("sorted", "set", "reversed", "enumerate", "sum", "tuple"):
        yield make.call(function, node), 3.6, "convert"
    yield make.call("range", make.call("len", node)), 4.0, "indices"
    if not kinds or "dict" in kinds:
        for method in ("keys", "values", "items"):
            yield make.method(node, method), 3.6, "view"


_BUILTINS = frozenset(dir(builtins))
