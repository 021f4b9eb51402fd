"""Faults of ten kinds in a module's body, made by rules that know no module.

Each is one slip that a person or a model makes. They are listed for every place of the body;
which of them are planted is drawn by the caller.
"""

from __future__ import annotations

import ast
import copy
import keyword
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from architect.wick.spec_search.written import rewritten

# What a body's line may hold before its module's indentation.
WIDTH = 84
# Nodes of a value that None may stand for; a larger one could only be written anew.
SMALL = 5

KINDS = (
    "wrong operator", "off by one", "swapped arguments", "missing guard", "wrong name",
    "exception", "wrong unit", "None", "infinite loop", "wrong type",
)  # fmt: skip
_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.FloorDiv: ast.Mod, ast.Lt: ast.GtE, ast.LtE: ast.Gt,
    ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_BOUNDS = ("max", "min", "abs")


@dataclass(frozen=True)
class Fault:
    """One faulty body of a module."""

    module: str
    kind: str
    body: str


def faults(module: str, body: str, kind: str, draw: random.Random) -> list[Fault]:
    """Return every fault of a kind in a body, in a drawn order."""
    before = ast.dump(ast.parse(body))
    found: dict[str, Fault] = {}
    for tree in _MAKERS[kind](ast.parse(body)):
        text = rewritten(body, ast.unparse(ast.fix_missing_locations(tree)))
        long = any(len(line) > WIDTH for line in text.splitlines())
        if not long and ast.dump(ast.parse(text)) != before:
            found.setdefault(text, Fault(module, kind, text))
    listed = list(found.values())
    draw.shuffle(listed)
    return listed


def _size(tree: ast.AST) -> int:
    return sum(1 for _ in ast.walk(tree))


def _each(
    tree: ast.Module, change: Callable[[ast.AST], Iterator[None]]
) -> Iterator[ast.Module]:
    """Yield copies of the tree, each with one step of `change` made at one node."""
    for number in range(_size(tree)):
        step = 0
        while True:
            made = copy.deepcopy(tree)
            node = list(ast.walk(made))[number]
            steps = change(node)
            if not all(_took(steps) for _ in range(step + 1)):
                break
            yield made
            step += 1


def _took(steps: Iterator[None]) -> bool:
    try:
        next(steps)
    except StopIteration:
        return False
    return True


def _wrong_operator(tree: ast.Module) -> Iterator[ast.Module]:
    def change(node: ast.AST) -> Iterator[None]:
        for name in ("op", "ops"):
            held = getattr(node, name, None)
            for at, old in enumerate(held if isinstance(held, list) else [held]):
                other = _OTHER.get(type(old))
                if other is None:
                    continue
                if isinstance(held, list):
                    held[at] = other()
                else:
                    setattr(node, name, other())
                yield

    # The steps of one node would build on each other: only its first is taken.
    return _each(tree, lambda node: _first(change(node)))


def _first(steps: Iterator[None]) -> Iterator[None]:
    for _ in steps:
        yield
        return


def _off_by_one(tree: ast.Module) -> Iterator[ast.Module]:
    for by in (1, -1):

        def change(node: ast.AST, by: int = by) -> Iterator[None]:
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                node.value += by
                yield
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
                node.slice = ast.BinOp(node.slice, ast.Add(), ast.Constant(by))
                yield

        yield from _each(tree, change)
    yield from _each(tree, _name_off_by_one)


def _name_off_by_one(node: ast.AST) -> Iterator[None]:
    if isinstance(node, ast.keyword) and isinstance(node.value, ast.Name):
        node.value = ast.BinOp(node.value, ast.Add(), ast.Constant(1))
        yield


def _swapped(tree: ast.Module) -> Iterator[ast.Module]:
    def change(node: ast.AST) -> Iterator[None]:
        if isinstance(node, ast.Call) and len(node.args) > 1:
            node.args[0], node.args[1] = node.args[1], node.args[0]
            yield
        elif isinstance(node, ast.Call) and len(node.keywords) > 1:
            one, two = node.keywords[0], node.keywords[1]
            one.value, two.value = two.value, one.value
            yield
        elif isinstance(node, ast.BinOp) and not isinstance(
            node.op, ast.Add | ast.Mult
        ):
            node.left, node.right = node.right, node.left
            yield

    return _each(tree, change)


def _missing_guard(tree: ast.Module) -> Iterator[ast.Module]:
    def change(node: ast.AST) -> Iterator[None]:
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for at, inner in enumerate(block):
                # One with an else computes: without it nothing of that would be left.
                if isinstance(inner, ast.If) and not inner.orelse and len(block) > 1:
                    block[at : at + 1] = []
                    yield
                    return
        if isinstance(node, ast.BoolOp):
            node.values.pop()
            if len(node.values) == 1:
                _become(node, node.values[0])
            yield
        elif isinstance(node, ast.comprehension) and node.ifs:
            node.ifs.pop()
            yield
        elif isinstance(node, ast.Call) and node.args and _name(node) in _BOUNDS:
            # The bound is missing, not what it bounds.
            _become(node, max(node.args, key=_size))
            yield
        elif isinstance(node, ast.IfExp):
            _become(node, node.body)
            yield

    return _each(tree, change)


def _name(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = other.__class__  # type: ignore[assignment]
    node.__dict__.clear()
    node.__dict__.update(vars(other))


def _wrong_name(tree: ast.Module) -> Iterator[ast.Module]:
    def typo(node: ast.AST) -> Iterator[None]:
        if isinstance(node, ast.Attribute) and len(node.attr) > 3:
            node.attr = node.attr[:-2] + node.attr[-1] + node.attr[-2]
            yield
        elif (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and len(node.id) > 3
            and not keyword.iskeyword(node.id[:-1])
        ):
            node.id = node.id[:-1]
            yield

    yield from _each(tree, typo)
    names = sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name)})
    for other in names:

        def change(node: ast.AST, other: str = other) -> Iterator[None]:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                node.id = other
                yield

        yield from _each(tree, change)


def _inserted(tree: ast.Module, *statements: str) -> Iterator[ast.Module]:
    """Yield the tree with one of the statements before each of its own, at top level."""
    for text in statements:
        for at in range(len(tree.body)):
            made = copy.deepcopy(tree)
            made.body[at:at] = ast.parse(text).body
            yield made


def _exception(tree: ast.Module) -> Iterator[ast.Module]:
    yield from _inserted(tree, "raise ValueError('not ready')", "[][0]", "{}['price']")


def _wrong_unit(tree: ast.Module) -> Iterator[ast.Module]:
    for factor in (100, 1000):
        for operator in (ast.Mult, ast.Div):

            def change(
                node: ast.AST, factor: int = factor,
                operator: type[ast.operator] = operator,
            ) -> Iterator[None]:  # fmt: skip
                for name in ("value", "left", "right") if _holds_value(node) else ():
                    held = getattr(node, name, None)
                    if isinstance(held, ast.expr):
                        wrong = ast.BinOp(held, operator(), ast.Constant(factor))
                        setattr(node, name, wrong)
                        yield
                        return

            yield from _each(tree, change)


def _none(tree: ast.Module) -> Iterator[ast.Module]:
    """None where a name, a field or a small value belongs; a result that is not returned."""

    def change(node: ast.AST) -> Iterator[None]:
        if _is_taken(node) and sum(1 for _ in ast.walk(node.value)) <= SMALL:  # type: ignore[attr-defined]
            node.value = ast.Constant(None)  # type: ignore[attr-defined]
            yield

    yield from _each(tree, change)
    for number in range(_size(tree)):
        without = copy.deepcopy(tree)
        node = list(ast.walk(without))[number]
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            last = block[-1] if isinstance(block, list) and block else None
            if isinstance(last, ast.Return) and last.value is not None:
                block[-1] = ast.Expr(last.value)  # type: ignore[index]
                yield without
                break


def _endless(tree: ast.Module) -> Iterator[ast.Module]:
    yield from _inserted(tree, "while True:\n    pass")
    for name in sorted({n.id for n in ast.walk(tree) if _is_read(n)}):
        yield from _inserted(tree, f"while {name} is {name}:\n    continue")

    def change(node: ast.AST) -> Iterator[None]:
        if isinstance(node, ast.If) and not node.orelse:
            loop = ast.While(node.test, [ast.Pass()], [])
            _become(node, loop)
            yield

    yield from _each(tree, change)


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _wrong_type(tree: ast.Module) -> Iterator[ast.Module]:
    for wrap in ("str", "float", "int", "list"):

        def change(node: ast.AST, wrap: str = wrap) -> Iterator[None]:
            if _is_taken(node):
                held = node.value  # type: ignore[attr-defined]
                call = ast.Call(ast.Name(wrap, ast.Load()), [held], [])
                node.value = call  # type: ignore[attr-defined]
                yield

        yield from _each(tree, change)


def _is_taken(node: ast.AST) -> bool:
    """Tell whether a node passes a value on: it returns, names or hands it over."""
    taken = isinstance(node, ast.Return | ast.keyword | ast.Assign)
    return taken and isinstance(getattr(node, "value", None), ast.expr)


def _holds_value(node: ast.AST) -> bool:
    return _is_taken(node) or isinstance(node, ast.BinOp)


_MAKERS: dict[str, Callable[[ast.Module], Iterator[ast.Module]]] = {
    "wrong operator": _wrong_operator,
    "off by one": _off_by_one,
    "swapped arguments": _swapped,
    "missing guard": _missing_guard,
    "wrong name": _wrong_name,
    "exception": _exception,
    "wrong unit": _wrong_unit,
    "None": _none,
    "infinite loop": _endless,
    "wrong type": _wrong_type,
}
