"""Conditions: widened, narrowed, replaced; and a plain truth made a real condition."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.kinds import Kinds
from architect.wick.search.places import Place

_EMPTIABLE = frozenset({"seq", "str", "dict", "set", "none", "num"})
Atom = tuple[ast.expr, float]


def conditions(context: Context) -> Iterator[Edit]:
    """Yield conditions with an atom more, or an atom instead."""
    for place in context.places:
        if place.field in ("test", "ifs"):
            yield from _condition(context, place)
            if place.field == "ifs":
                yield _unfiltered(place)
        elif isinstance(place.node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            yield from _filtered(context, place, place.node)
        elif context.kinds(place.node) == {"bool"} and not place.is_condition:
            yield from _truth(context, place)


def atoms(context: Context, names: dict[str, Kinds]) -> Iterator[Atom]:
    """Yield small conditions over the names in scope, and the program's own comparisons.

    With each comes its cost.
    """
    for name, kinds in names.items():
        if "call" in kinds:
            continue
        if not kinds or kinds & _EMPTIABLE or "bool" in kinds or _is_object(kinds):
            yield make.name(name), 0.2
            yield make.negate(make.name(name)), 0.2
        if not kinds or "none" in kinds or _is_object(kinds):
            yield make.compare(make.name(name), ast.Is, make.const(None)), 0.2
            yield make.compare(make.name(name), ast.IsNot, make.const(None)), 0.4
        if "num" in kinds:
            for operator, cost in _SIGNS:
                yield make.compare(make.name(name), operator, make.const(0)), cost
    yield from _told(context, names)
    yield from _own(context, names)
    yield from _members(names)
    yield from _pairs(names)


_LIMITS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq)
_LENGTHS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.NotEq)


def _told(context: Context, names: dict[str, Kinds]) -> Iterator[Atom]:
    """Yield comparisons with the constants that the program has or its intent names, and
    of lengths with them and with names."""
    known: dict[str, ast.expr] = {
        piece.text: piece.node
        for piece in context.pieces
        if isinstance(piece.node, ast.Constant)
    }
    for value in context.program.told():
        known.setdefault(repr(value), make.const(value))
    numbers = [
        node
        for node in known.values()
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ]
    texts = [
        node
        for node in known.values()
        if isinstance(node, ast.Constant) and type(node.value) is str
    ]
    named = [make.name(name) for name, kinds in names.items() if kinds == {"num"}]
    for name, kinds in names.items():
        if kinds == {"str"}:
            for text in texts:
                yield make.compare(make.name(name), ast.Eq, text), 0.9
                yield make.compare(make.name(name), ast.NotEq, text), 0.9
        if kinds == {"num"}:
            for number in numbers:
                if number.value != 0:
                    for operator in _LIMITS:
                        yield make.compare(make.name(name), operator, number), 1.5
        if kinds & {"seq", "str", "dict", "table"}:
            length = make.call("len", make.name(name))
            for limit in (*numbers, *named):
                for operator in _LENGTHS:
                    yield make.compare(length, operator, limit), 1.5


def _unfiltered(place: Place) -> Edit:
    return place.put(make.const(True), 2.8, "drop filter")


def _filtered(
    context: Context, place: Place, node: ast.ListComp | ast.GeneratorExp | ast.SetComp
) -> Iterator[Edit]:
    """Yield the comprehension with a filter more."""
    generator = node.generators[-1]
    bound = [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
    names = context.names(place) | {n: context.kinds_of_inner(n) for n in bound}
    for atom, dearer in atoms(context, names):
        used = {n.id for n in ast.walk(atom) if isinstance(n, ast.Name)}
        if used & set(bound):
            more = ast.comprehension(
                generator.target,
                generator.iter,
                [*generator.ifs, atom],
                generator.is_async,
            )
            new = type(node)(node.elt, [*node.generators[:-1], more])
            yield place.put(new, 3.6 + dearer, "filter")


_SIGNS = ((ast.Eq, 0.4), (ast.LtE, 0.7), (ast.Gt, 0.7), (ast.Lt, 0.9))


def _is_object(kinds: Kinds) -> bool:
    return any(kind.startswith("class ") for kind in kinds)


def _own(context: Context, names: dict[str, Kinds]) -> Iterator[Atom]:
    for piece in context.pieces:
        known = piece.names <= names.keys() | _BUILTINS
        if known and isinstance(piece.node, ast.Compare | ast.UnaryOp | ast.Call):
            if isinstance(piece.node, ast.Call) and "bool" not in piece.kinds:
                continue
            yield piece.node, 0.5
            yield make.negate(piece.node), 0.8
        elif known and isinstance(piece.node, ast.Attribute | ast.Subscript):
            yield make.compare(piece.node, ast.Is, make.const(None)), 1.0
            yield make.negate(piece.node), 1.0
            if piece.kinds == {"num"}:
                for operator, cost in _SIGNS:
                    yield make.compare(piece.node, operator, make.const(0)), 0.6 + cost


_BUILTINS = frozenset(dir(builtins))


def _members(names: dict[str, Kinds]) -> Iterator[Atom]:
    for holder, kinds in names.items():
        if kinds & {"set", "dict", "seq"}:
            for name, own in names.items():
                if name != holder and not own & {"call", "set", "dict"}:
                    for operator in (ast.In, ast.NotIn):
                        new = make.compare(make.name(name), operator, make.name(holder))
                        yield new, 1.5


def _pairs(names: dict[str, Kinds]) -> Iterator[Atom]:
    numbers = [name for name, kinds in names.items() if "num" in kinds]
    for left in numbers:
        for right in numbers:
            if left != right:
                for operator in (ast.Lt, ast.LtE):
                    yield make.compare(make.name(left), operator, make.name(right)), 1.8
            if left < right:
                yield make.compare(make.name(left), ast.Eq, make.name(right)), 1.6


def _condition(context: Context, place: Place) -> Iterator[Edit]:
    node = place.node
    fixed = isinstance(node, ast.Constant)
    own = ast.unparse(node)
    for atom, dearer in [*_owners(node), *atoms(context, context.names(place))]:
        if ast.unparse(atom) == own:
            continue
        if fixed:
            yield place.put(atom, 2.2 + dearer, "real condition")
            continue
        yield place.put(make.either(atom, node), 3.2 + dearer, "widen condition")
        yield place.put(make.both(atom, node), 3.2 + dearer, "narrow condition")
        yield place.put(make.both(node, atom), 3.4 + dearer, "narrow condition")
        yield place.put(make.either(node, atom), 3.4 + dearer, "widen condition")
        yield place.put(atom, 3.8 + dearer, "other condition")
    if not fixed:
        for value in (True, False):
            yield place.put(make.const(value), 3.8, "fixed condition")


def _owners(node: ast.expr) -> Iterator[Atom]:
    """Yield tests that whatever has its attribute or item read is there at all."""
    for inside in ast.walk(node):
        if isinstance(inside, ast.Attribute | ast.Subscript):
            yield make.compare(inside.value, ast.Is, make.const(None)), -0.4
            yield make.negate(inside.value), -0.2
            yield inside.value, -0.2


def _truth(context: Context, place: Place) -> Iterator[Edit]:
    """Yield conditions for a value that is only ever true or false."""
    fixed = isinstance(place.node, ast.Constant)
    for atom, dearer in atoms(context, context.names(place)):
        if fixed:
            strict = isinstance(atom, ast.Compare) or _is_negation(atom)
            yield place.put(
                atom, 2.8 + dearer + (0 if strict else 0.8), "real condition"
            )
        else:
            yield place.put(
                make.either(place.node, atom), 4.0 + dearer, "widen condition"
            )
            yield place.put(
                make.both(place.node, atom), 4.0 + dearer, "narrow condition"
            )


def _is_negation(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
