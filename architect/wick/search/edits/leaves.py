"""Leaves: other constants, other names in scope, other attributes."""

from __future__ import annotations

import ast
import builtins
import copy
import difflib
from collections.abc import Iterator
from typing import Any

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.kinds import fits, kind_of
from architect.wick.search.places import Place

_PARTNERS = (
    ("any", "all"), ("min", "max"), ("int", "float", "str", "round"),
    ("list", "set", "tuple", "sorted"), ("sum", "len", "max", "min"),
    ("append", "extend", "add", "insert", "appendleft"), ("add", "update", "discard"),
    ("pop", "popleft", "popitem"), ("remove", "discard", "pop"), ("lower", "upper"),
    ("strip", "lstrip", "rstrip"), ("startswith", "endswith"), ("find", "rfind", "index"),
    ("split", "rsplit"), ("keys", "values", "items"), ("get", "setdefault"),
    ("union", "intersection", "difference"), ("issubset", "issuperset"),
    ("ceil", "floor"), ("heappush", "heappop"), ("range", "enumerate"),
    ("mean", "median", "sum"), ("min", "max"), ("cummax", "cummin", "cumsum"),
    ("head", "tail"), ("ffill", "bfill"), ("gt", "ge", "lt", "le"), ("reversed", "sorted"),
    ("lower", "upper", "swapcase", "capitalize", "title"),
    ("isupper", "islower", "isalpha", "isdigit", "isalnum", "isspace", "isnumeric"),
    ("ord", "chr"), ("bin", "hex", "oct"), ("floor", "ceil", "round", "trunc"),
    ("lstrip", "rstrip"), ("count", "index", "find"), ("zip", "enumerate"),
    ("sin", "cos", "tan"), ("log", "log2", "log10", "exp"), ("filter", "map"),
    ("int", "float", "bool", "str", "list", "tuple", "dict", "set"),
)  # fmt: skip


_BUILTINS = frozenset(dir(builtins))
# What may be called where something was called that cannot be, the likeliest first.
_PURE = (
    "len", "sum", "max", "min", "sorted", "abs", "list", "dict", "set", "tuple", "float",
    "int", "str", "round", "any", "all", "zip", "enumerate", "range", "reversed", "next",
)  # fmt: skip


def leaves(context: Context) -> Iterator[Edit]:
    """Yield the edits of constants, names and attributes."""
    constants = _constants(context)
    attributes = _attributes(context)
    for place in context.places:
        node = place.node
        if isinstance(node, ast.Constant):
            yield from _constant(place, node, constants)
            if node.value is None and isinstance(place.holder, ast.Assign):
                yield from _asked(context, place, place.holder)
                yield from _begun(context, place)
            yield from _names(context, place, 2.8)
        elif isinstance(node, ast.Name):
            yield from _names(context, place, 2.0)
            yield from _to_constants(context, place, constants)
        elif isinstance(node, ast.Attribute):
            partners = _partners(node.attr)
            like = _like(node.attr, context.program.words.attributes)
            for other in sorted((partners | attributes | like.keys()) - {node.attr}):
                cost = 2.0 if other in partners else 2.4
                cost = min(cost, like.get(other, cost))
                yield place.set("attr", other, cost, "swap attribute")
    yield from _targets(context)


def _asked(context: Context, place: Place, holder: ast.Assign) -> Iterator[Edit]:
    """Yield what a name in scope answers when it is asked, where there is nothing yet: above
    all by the method that is called as the value is."""
    target = getattr(holder.targets[0], "id", "")
    for name, kinds in context.names(place).items():
        if kinds and kinds <= {"num", "bool", "none", "call"}:
            continue
        for attribute in sorted(context.program.words.attributes):
            cost = 2.6 if attribute == target else 4.4
            yield place.put(make.method(make.name(name), attribute), cost, "ask a name")


def _begun(context: Context, place: Place) -> Iterator[Edit]:
    """Yield what a name may begin as, where there is nothing yet: an empty container, or
    what the spec's imports make of nothing or of a type."""
    for empty in (make.listed(), ast.Dict([], []), make.call("set"), make.const(0)):
        yield place.put(empty, 3.0, "begin a name")
    words, names = context.program.words.names, context.names(place)
    for function in (name for name in words if "call" in names.get(name, ())):
        for kind in ("list", "int", "dict", "set"):
            made = make.call(function, make.name(kind))
            yield place.put(made, 4.2, "begin a name")
        yield place.put(make.call(function), 4.4, "begin a name")


def _like(attribute: str, known: frozenset[str]) -> dict[str, float]:
    """Return attributes that are written alike, with costs: cheap where this is none."""
    cost = 2.9 if attribute in known else 1.6
    near = difflib.get_close_matches(attribute, known, 4, 0.6)
    return {other: cost + 0.1 * rank for rank, other in enumerate(near)}


def _constants(context: Context) -> list[Any]:
    found: dict[str, Any] = {}
    for place in context.places:
        if isinstance(place.node, ast.Constant):
            found.setdefault(repr(place.node.value), place.node.value)
    for told in context.program.told():
        found.setdefault(repr(told), told)
    return list(found.values())


def _attributes(context: Context) -> set[str]:
    nodes = [p.node for p in context.places if isinstance(p.node, ast.Attribute)]
    return {node.attr for node in nodes} | context.seen.attributes


def _constant(place: Place, node: ast.Constant, known: list[Any]) -> Iterator[Edit]:
    old = node.value
    tried = {repr(old)}
    if isinstance(place.holder, ast.BinOp):
        tried |= {"0", "0.0"}  # the operand is dropped instead
    for new, cost in _nearby(old):
        if repr(new) not in tried:
            tried.add(repr(new))
            yield place.put(make.const(new), cost, "change constant")
    for new in known:
        if repr(new) not in tried and kind_of(new) == kind_of(old):
            tried.add(repr(new))
            yield place.put(make.const(new), 2.5, "change constant")


def _nearby(old: Any) -> Iterator[tuple[Any, float]]:
    if isinstance(old, bool):
        yield not old, 1.5
    elif isinstance(old, int | float):
        one = type(old)(1)
        yield from ((old + one, 1.5), (old - one, 1.5))
        yield from (
            (-old, 2.0),
            (type(old)(0), 2.2),
            (one, 2.2),
            (-one, 2.6),
            (one + one, 2.6),
        )
        if old:
            yield from (
                (old * 10, 3.2),
                (old / 10, 3.2),
                (old * 100, 3.2),
                (old / 100, 3.2),
            )
            yield from (
                (old * 1000, 3.4),
                (old / 1000, 3.4),
                (old * 2, 3.2),
                (old / 2, 3.2),
            )
    elif isinstance(old, str):
        yield from (("", 2.5), (" ", 3.0), (old.lower(), 3.0), (old.upper(), 3.0))
        yield from ((old.strip(), 3.0), (old + " ", 3.4), (" " + old, 3.4))
        for at in range(len(old) if len(old) <= 12 else 0):
            yield old[:at] + old[at + 1 :], 3.4
    elif old is None:
        yield from ((0, 2.8), (False, 2.8), (True, 3.2), ("", 3.2))
    if isinstance(old, bool) or old is None:
        return
    yield None, 4.0


def _names(context: Context, place: Place, cost: float) -> Iterator[Edit]:
    old = place.node.id if isinstance(place.node, ast.Name) else ""
    wanted = context.kinds(place.node)
    calls = isinstance(place.holder, ast.Call) and place.field == "func"
    for other in sorted(_partners(old)):
        yield place.put(make.name(other), 1.8, "swap function")
    if calls and wanted and "call" not in wanted and context.seen.only_breaks:
        for rank, other in enumerate(_PURE):
            yield place.put(make.name(other), 2.4 + 0.05 * rank, "swap function")
    known = context.names(place).keys() | _BUILTINS
    if old and old not in known | context.program.words.names.keys():
        for other in difflib.get_close_matches(old, known, 4, 0.5):
            yield place.put(make.name(other), 1.6, "mend name")
    for other, kinds in context.names(place).items():
        if other == old or (calls and "call" not in kinds):
            continue
        strange = not fits(wanted, kinds) and not place.is_condition
        breaks = context.seen.only_breaks
        if strange and not old and not breaks:
            continue
        dearer = (
            (0.8 if breaks else 2.5)
            if strange
            else 0.5 if not (wanted and kinds) else 0.0
        )
        yield place.put(make.name(other), cost + dearer, "swap name")


def _to_constants(context: Context, place: Place, known: list[Any]) -> Iterator[Edit]:
    kinds = context.kinds(place.node)
    if kinds & {"call"} or not kinds:
        return
    for value in {repr(v): v for v in (0, 1, *known)}.values():
        if fits(kinds, frozenset({kind_of(value)})) and not isinstance(value, bool):
            yield place.put(make.const(value), 3.4, "name to constant")


def _targets(context: Context) -> Iterator[Edit]:
    """Yield assignments to another target that the program has."""
    known = {
        ast.unparse(t.node): copy.deepcopy(t.node)
        for t in context.targets
        if isinstance(t.node, ast.Name | ast.Subscript | ast.Attribute)
    }
    known |= {
        p.text: p.node
        for p in context.pieces
        if isinstance(p.node, ast.Name | ast.Subscript | ast.Attribute)
        and "call" not in p.kinds  # a module's function put in another's place stays so
    }
    for place in context.targets:
        if isinstance(place.node, ast.Tuple | ast.List | ast.Starred):
            yield from _reordered(place, place.node)
            continue
        names = context.names(place)
        for text, node in known.items():
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if text == ast.unparse(place.node) or not used <= names.keys():
                continue
            if isinstance(node, ast.Name) and "call" in names[node.id]:
                continue
            cost = 2.5 if isinstance(node, ast.Name) else 3.3
            yield place.put(_stored(node), cost, "other target")


def _reordered(place: Place, node: ast.expr) -> Iterator[Edit]:
    items = getattr(node, "elts", [])
    if len(items) == 2:
        yield place.put(ast.Tuple(items[::-1], ast.Store()), 2.5, "swap targets")


def _stored(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Store())
    if isinstance(node, ast.Attribute):
        return ast.Attribute(node.value, node.attr, ast.Store())
    assert isinstance(node, ast.Subscript)
    return ast.Subscript(node.value, node.slice, ast.Store())


def _partners(text: str) -> set[str]:
    return {other for group in _PARTNERS if text in group for other in group} - {text}
