"""Tells which parts of a body do nothing but fail the whole call: those need no test.

A guard does more when what it asks, or what it raises with, changes something first: it
takes an item of an iterator, makes an entry, calls an inner function or asks a port.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from architect.gate.coverage.constant import stored

Binding = tuple[ast.expr | None, bool]

# What a guard may ask without changing anything.
_ASKING = frozenset(
    ["is_nan", "is_finite", "any", "all", "isna", "startswith", "isnan"]
)
_TELLING = _ASKING | {"join", "isoformat", "upper", "lower", "strip", "keys", "values"}
_CHANGE = """
    append extend insert remove pop sort reverse clear setdefault update popitem add discard
    intersection_update difference_update symmetric_difference_update appendleft popleft
    extendleft rotate subtract insort insort_left insort_right fill partition resize put
"""
# An iterator, or what else is not the same after it was looked at.
_ITERATORS = """
    iter map filter zip enumerate reversed next defaultdict reduce
    items iterrows itertuples elements from_iterable
"""
# Calls whose items are settled where those of their arguments are.
_OF_EACH = "zip enumerate reversed map filter items iterrows itertuples"
_OF_ALL = "list tuple set frozenset dict sum sorted min max any all len"
_CHANGING, _USED_UP = frozenset(_CHANGE.split()), frozenset(_ITERATORS.split())
_EACH, _WHOLE = frozenset(_OF_EACH.split()), frozenset(_OF_ALL.split())
_PLAIN = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Name, ast.Attribute, ast.Constant,
    ast.Call, ast.Subscript, ast.Slice, ast.Tuple,
    ast.cmpop, ast.boolop, ast.unaryop, ast.operator, ast.expr_context,
)  # fmt: skip
_TOLD = (
    *_PLAIN, ast.JoinedStr, ast.FormattedValue, ast.IfExp, ast.List, ast.Set, ast.Dict,
    ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.comprehension,
)  # fmt: skip
_LOOKING = (ast.Call, ast.Subscript, ast.In, ast.NotIn)


class Guards:
    """The guards of one function, before it is changed; `ports` are its ports."""

    def __init__(self, function: ast.FunctionDef, ports: Sequence[str]) -> None:
        self._ports = frozenset(ports)
        self._bound = _bindings(function)
        self._settled = set(self._bound)
        while lost := {n for n in self._settled if not self._is_settled(n)}:
            self._settled -= lost
        if _hands_on(function) or not all(map(self._gives, _put(function))):
            # Any list or table may hold it.
            self._settled.clear()

    def only_asks(self, test: ast.expr) -> bool:
        """Tell whether a test changes nothing, whatever its parts come to."""
        nodes = list(ast.walk(test))
        if not all(isinstance(node, _PLAIN) for node in nodes):
            return False
        looks = any(isinstance(node, _LOOKING) for node in nodes)
        return self._changes_nothing(nodes, _ASKING) and (
            not looks or all(map(self._stays, nodes))
        )

    def only_raises(self, body: Sequence[ast.stmt]) -> bool:
        """Tell whether a block raises and does nothing else."""
        if not is_raise(body):
            return False
        nodes = [
            one for part in ast.iter_child_nodes(body[0]) for one in ast.walk(part)
        ]
        plain = all(isinstance(node, (*_TOLD, ast.keyword)) for node in nodes)
        # A value that is only put in the error's text stays as it is.
        looks = any(
            isinstance(node, (*_LOOKING, ast.comprehension))
            for node in nodes
            if node is not body[0].exc  # type: ignore[attr-defined]
        )
        return (
            plain
            and self._changes_nothing(nodes, _TELLING)
            and (not looks or all(map(self._stays, nodes)))
        )

    def _changes_nothing(
        self, nodes: Sequence[ast.AST], methods: frozenset[str]
    ) -> bool:
        return not any(
            (isinstance(node, ast.Name) and node.id in self._ports)
            or (isinstance(node, ast.Attribute) and node.attr in _CHANGING)
            or (isinstance(node, ast.Call) and not self._may_call(node, methods))
            for node in nodes
        )

    def _may_call(self, call: ast.Call, methods: frozenset[str]) -> bool:
        function = call.func
        if isinstance(function, ast.Attribute):
            # A second argument may be where numpy puts its answer.
            return function.attr in methods and len(call.args) <= 1
        return isinstance(function, ast.Name) and function.id not in self._bound

    def _stays(self, node: ast.AST) -> bool:
        """Tell whether a name is the same after it was looked at."""
        if not isinstance(node, ast.Name):
            return True
        return node.id in self._settled or node.id not in self._bound

    # --- what names are bound to -----------------------------------------------------

    def _is_settled(self, name: str) -> bool:
        return all(
            value is not None and self._gives(value, each)
            for value, each in self._bound[name]
        )

    def _gives(self, value: ast.expr, each: bool = False) -> bool:
        """Tell whether an expression, or each of its items, is a settled value."""
        match value:
            case ast.Call(func=ast.Name(id=word), args=args) if word in _WHOLE:
                return all(self._gives(arg, each=True) for arg in args)
            case ast.Call(func=ast.Name(id=word), args=args) if each and word in _EACH:
                return all(map(self._gives, args))
            case ast.Call(func=ast.Attribute(base, word)) if each and word in _EACH:
                return self._gives(base)
        nodes = (node for node in ast.walk(value) if not (each and node is value))
        return all(map(self._is_value, nodes)) and (each or self._is_value(value))

    def _is_value(self, node: ast.AST) -> bool:
        match node:
            case ast.Lambda() | ast.GeneratorExp() | ast.NamedExpr():
                return False
            case ast.Name(id=word):
                return word not in {"itertools", *_USED_UP} and self._stays(node)
            case ast.Attribute(attr=word):
                return word not in _USED_UP
        return True


def _bindings(function: ast.FunctionDef) -> Mapping[str, list[Binding]]:
    """Return what each name may be: an expression, or (True) an item of it; None where
    that cannot be told."""
    found = defaultdict[str, list[Binding]](list)
    own = {arg.arg for arg in function.args.args}
    for node in ast.walk(function):
        for name, value, each in _bound_by(node):
            if name in own and isinstance(node, ast.arg):
                value = ast.Constant(None)
            found[name].append((value, each))
    return found


def _bound_by(node: ast.AST) -> Iterator[tuple[str, ast.expr | None, bool]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                each = not isinstance(target, ast.Name)
                yield from ((name, value, each) for name in stored(target))
        case ast.AugAssign() | ast.AnnAssign() | ast.NamedExpr():
            yield from ((name, node.value, False) for name in stored(node.target))
        case ast.For() | ast.comprehension():
            yield from ((name, node.iter, True) for name in stored(node.target))
        case ast.ExceptHandler(name=str(name)):
            yield name, ast.Constant(None), False
        case (
            ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.MatchAs(name=str(name))
        ):
            yield name, None, False
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, None, False


def _put(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield what is put into lists and tables."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                if any(map(_is_within, targets)):
                    yield value
            case ast.AugAssign(target=target, value=value) if _is_within(target):
                yield value
            case ast.For() | ast.comprehension() if _is_within(node.target):
                yield node.iter
            case ast.Call(func=ast.Attribute(attr=word)) if word in _CHANGING:
                yield from node.args
                yield from (keyword.value for keyword in node.keywords)


def _is_within(target: ast.expr) -> bool:
    """Tell whether a part of a list or table is bound."""
    return any(isinstance(node, ast.Subscript) for node in ast.walk(target))


def _hands_on(function: ast.FunctionDef) -> bool:
    """Tell whether a method that changes something stands as a value: it may be called
    with anything."""
    called = {id(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in _CHANGING
        and id(node) not in called
        for node in ast.walk(function)
    )


def is_raise(body: Sequence[ast.stmt]) -> bool:
    """Tell whether a block is one `raise`."""
    return len(body) == 1 and isinstance(body[0], ast.Raise)
