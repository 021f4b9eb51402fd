"""Statements: deleted, moved, copied, taken out of a block or into one, rewritten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Change, Edit, Put, PutAll
from architect.wick.search.edits.insert import results
from architect.wick.search.places import Block
from architect.wick.search.program import is_tick


def statements(context: Context) -> Iterator[Edit]:
    """Yield the edits of whole statements."""
    for block in context.blocks:
        if isinstance(block.holder, ast.FunctionDef) and block.field == "body":
            yield from _defaults(block, block.holder)
        for index, node in enumerate(block.statements):
            if is_tick(node):
                continue
            yield from _deleted(block, index, node)
            yield from _rewritten(context, block, index, node)
            yield from _exchanged(context, block, node)
            yield from _shifted(block, index, node)
            yield from _branches(block, index, node)
            if not isinstance(node, ast.FunctionDef):
                yield from _copied(context, block, index, node)


def _deleted(block: Block, index: int, node: ast.stmt) -> Iterator[Edit]:
    left: list[ast.stmt] = [] if len(block.statements) > 1 else [ast.Pass()]
    if not isinstance(node, ast.FunctionDef):
        cost = 1.3 if _is_idle(node) else 3.2
        yield block.replaced(index, index + 1, left, cost, "delete")
    inside = getattr(node, "body", None)
    if isinstance(node, ast.If | ast.With | ast.For | ast.While | ast.Try) and inside:
        yield block.replaced(index, index + 1, _without_ticks(inside), 3.4, "unwrap")
        other = getattr(node, "orelse", [])
        if other:
            yield block.replaced(index, index + 1, other, 3.6, "unwrap")
    after = block.statements[index + 1 : index + 2]
    if after:
        yield block.replaced(index, index + 2, [*after, node], 2.8, "swap statements")


def _is_idle(node: ast.stmt) -> bool:
    """Tell whether a statement can only end the run, by an error or never: its value is
    dropped, it raises, or it turns round and round."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    if isinstance(node, ast.While):
        inside = _without_ticks(node.body)
        return all(isinstance(one, ast.Pass | ast.Continue) for one in inside)
    return isinstance(node, ast.Raise)


def _without_ticks(body: list[ast.stmt]) -> list[ast.stmt]:
    return [node for node in body if not is_tick(node)]


def _rewritten(
    context: Context, block: Block, index: int, node: ast.stmt
) -> Iterator[Edit]:
    """Yield the same effect by another kind of statement."""
    new: list[tuple[ast.stmt, float]] = []
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        cheaper = 0.8 if block.in_loop and _is_lost(block, node.targets[0].id) else 0.0
        new += [
            (s, c - cheaper) for s, c in _accumulated(node.targets[0].id, node.value)
        ]
    elif isinstance(node, ast.Assign) and isinstance(
        node.targets[0], ast.Subscript | ast.Attribute
    ):
        new.append((ast.AugAssign(node.targets[0], ast.Add(), node.value), 3.4))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        new += _unmethod(node.value)
        new.append((ast.Return(node.value), 3.6))
    elif isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        new.append((ast.Return(node.value), 1.6))  # a value that nobody takes
    elif isinstance(node, ast.Return) and node.value is not None:
        new.append((ast.Expr(node.value), 4.5))
    elif isinstance(node, ast.Continue):
        new.append((ast.Break(), 2.0))
    elif isinstance(node, ast.Break):
        new += [(ast.Continue(), 2.0), (ast.Return(None), 3.4)]
    elif isinstance(node, ast.If):
        new.append((ast.While(node.test, node.body, []), 3.4))
    elif isinstance(node, ast.While):
        new.append((ast.If(node.test, node.body, []), 3.4))
        if _is_idle(node):
            new += [
                (make.when(node.test, ast.Return(value)), 1.8 + 0.1 * rank)
                for rank, value in enumerate(results(context, block))
            ]
            new.append((make.when(node.test, ast.Continue()), 2.0))
    for statement, cost in new:
        yield block.replaced(index, index + 1, [statement], cost, "rewrite statement")


def _accumulated(target: str, value: ast.expr) -> Iterator[tuple[ast.stmt, float]]:
    old = make.name(target)
    for operator, cost in (
        (ast.Add, 2.6),
        (ast.Sub, 3.2),
        (ast.Mult, 3.2),
        (ast.BitOr, 3.6),
    ):
        yield make.add_to(target, operator, value), cost
    for function in ("max", "min"):
        yield make.assign(target, make.call(function, old, value)), 2.8
    yield make.assign(target, make.either(old, value)), 4.0


def _is_lost(block: Block, name: str) -> bool:
    """Tell whether a loop sets a name that nothing in it reads: all but the last is lost."""
    reads = (
        node
        for node in ast.walk(block.holder)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )
    return not any(node.id == name for node in reads)


def _defaults(block: Block, node: ast.FunctionDef) -> Iterator[Edit]:
    """Yield a fresh value at each call for a default that all calls share."""
    given = node.args.args[len(node.args.args) - len(node.args.defaults) :]
    first = 1 if is_tick(node.body[0]) else 0
    for at, default in enumerate(node.args.defaults):
        if isinstance(default, ast.List | ast.Dict | ast.Set | ast.Call):
            name = given[at].arg
            absent = make.compare(make.name(name), ast.Is, make.const(None))
            fresh = make.when(absent, make.assign(name, default))
            put = Put(node.args, "defaults", at, make.const(None))
            yield block.replaced(first, first, [fresh], 2.0, "fresh default", (put,))


def _exchanged(context: Context, block: Block, node: ast.stmt) -> Iterator[Edit]:
    """Yield two names within a statement exchanged, and one everywhere for another."""
    places = [
        p
        for p in context.places
        if p.statement is node and isinstance(p.node, ast.Name) and p.field != "func"
    ]
    for left, right in combinations(places[:9], 2):
        if left.node.id != right.node.id:  # type: ignore[attr-defined]
            edit = left.put(right.node, 2.6, "exchange names")
            put = Put(right.holder, right.field, right.index, left.node)
            edit.changes = (*edit.changes, put)
            yield edit
    for name in sorted({p.node.id for p in places}):  # type: ignore[attr-defined]
        same = [p for p in places if p.node.id == name]  # type: ignore[attr-defined]
        for other in context.names_at(node, block.function) if len(same) > 1 else ():
            if other != name:
                edit = same[0].put(make.name(other), 3.2, "rename")
                puts = [Put(p.holder, p.field, p.index, make.name(other)) for p in same]
                edit.changes = tuple(puts)
                yield edit


def _unmethod(node: ast.Call) -> list[tuple[ast.stmt, float]]:
    if not isinstance(node.func, ast.Attribute) or len(node.args) != 1:
        return []
    owner = node.func.value
    if isinstance(owner, ast.Name):
        target: ast.expr = ast.Name(owner.id, ast.Store())
    elif isinstance(owner, ast.Subscript):
        target = ast.Subscript(owner.value, owner.slice, ast.Store())
    elif isinstance(owner, ast.Attribute):
        target = ast.Attribute(owner.value, owner.attr, ast.Store())
    else:
        return []
    return [
        (ast.Assign([target], node.args[0]), 3.6),
        (ast.Assign([target], node), 3.8),
    ]


def _shifted(block: Block, index: int, node: ast.stmt) -> Iterator[Edit]:
    """Yield the last statement of an inner block after it, and the next one inside."""
    for name in ("body", "orelse"):
        inner = getattr(node, name, None)
        if not inner or isinstance(node, ast.FunctionDef | ast.ClassDef | ast.IfExp):
            continue
        real = _without_ticks(inner)
        if len(real) > 1:
            yield _moved(block, index + 1, [real[-1]], node, name, inner[:-1], 2.8)
            first = inner.index(real[0])
            rest = inner[:first] + inner[first + 1 :]
            yield _moved(block, index, [real[0]], node, name, rest, 3.2)
        following = block.statements[index + 1 : index + 2]
        if following:
            shorter = PutAll(node, name, [*inner, *following])
            yield block.replaced(index + 1, index + 2, [], 2.8, "indent", (shorter,))


def _moved(
    block: Block, at: int, taken: list[ast.stmt],
    holder: ast.stmt, name: str, rest: list[ast.stmt], cost: float,
) -> Edit:  # fmt: skip
    change: Change = PutAll(holder, name, rest)
    return block.replaced(at, at, taken, cost, "dedent", (change,))


def _branches(block: Block, index: int, node: ast.stmt) -> Iterator[Edit]:
    """Yield `if` with its branches exchanged, or with what follows as its `else`."""
    if not isinstance(node, ast.If):
        return
    if node.orelse:
        new = ast.If(node.test, node.orelse, node.body)
        yield block.replaced(index, index + 1, [new], 2.4, "swap branches")
        other = node.orelse[0]
        if len(node.orelse) == 1 and isinstance(other, ast.If):
            inner = ast.If(node.test, node.body, other.orelse)
            new = ast.If(other.test, other.body, [inner])
            yield block.replaced(index, index + 1, [new], 2.6, "order of branches")
    elif block.statements[index + 1 :]:
        rest = block.statements[index + 1 :]
        new = ast.If(node.test, node.body, rest)
        yield block.replaced(index, len(block.statements), [new], 3.4, "else")


def _copied(
    context: Context, block: Block, index: int, node: ast.stmt
) -> Iterator[Edit]:
    """Yield the statement at every other position of its function, kept and taken away."""
    size = sum(1 for _ in ast.walk(node))
    if size > 60:
        return
    inside = {id(n) for n in ast.walk(node)}
    for other in context.blocks:
        if other.function is not block.function or id(other.holder) in inside:
            continue
        if isinstance(node, ast.Break | ast.Continue) and not other.in_loop:
            continue
        for at in range(_first(other), len(other.statements) + 1):
            if other is block and at in (index, index + 1):
                continue
            yield other.replaced(at, at, [node], 4.0 + 0.02 * size, "copy statement")
            if other is block:
                yield _within(block, index, at, node)
            else:
                left = block.statements[:index] + block.statements[index + 1 :]
                away = PutAll(block.holder, block.field, left or [ast.Pass()])
                yield other.replaced(at, at, [node], 3.6, "move statement", (away,))


def _within(block: Block, index: int, at: int, node: ast.stmt) -> Edit:
    new = list(block.statements)
    new.insert(at, node)
    del new[index if at > index else index + 1]
    edit = block.replaced(index, index, [], 3.4, "move statement")
    edit.changes = (PutAll(block.holder, block.field, new),)
    return edit


def _first(block: Block) -> int:
    old = block.statements
    return 1 if old and is_tick(old[0]) else 0
