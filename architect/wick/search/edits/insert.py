"""New statements made of names in scope: updates, fills, guards, early ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from architect.wick.search import make
from architect.wick.search.context import Context
from architect.wick.search.edit import Edit
from architect.wick.search.edits.conditions import atoms
from architect.wick.search.kinds import Kinds, fits
from architect.wick.search.places import Block
from architect.wick.search.program import is_tick

_FILLERS = {"append": "seq", "add": "set", "extend": "seq", "update": "set"}
Made = tuple[ast.stmt, float, str]


def inserts(context: Context) -> Iterator[Edit]:
    """Yield each new statement at each position where its names exist."""
    for block in context.blocks:
        if block.function is None:
            continue
        first = 1 if block.statements and is_tick(block.statements[0]) else 0
        for at in range(first, len(block.statements) + 1):
            if at > first and isinstance(
                block.statements[at - 1],
                ast.Return | ast.Break | ast.Continue | ast.Raise,
            ):
                continue
            names = _names(context, block, at)
            for statement, cost, family in _new(context, block, at, names):
                yield block.replaced(at, at, [statement], cost, family)


def _names(context: Context, block: Block, at: int) -> dict[str, Kinds]:
    old = block.statements
    found: dict[str, Kinds] = {}
    for near in (old[at : at + 1], old[max(0, at - 1) : at]):
        for node in near:
            if not is_tick(node):
                for name, kinds in context.names_at(node, block.function).items():
                    found[name] = found.get(name, frozenset()) | kinds
    return found


def _new(
    context: Context, block: Block, at: int, names: dict[str, Kinds]
) -> Iterator[Made]:
    plain = {name: kinds for name, kinds in names.items() if "call" not in kinds}
    assigned = _assigned(block.function)
    yield from _fills(context, plain)
    yield from _assignments(plain, assigned)
    yield from _ends(context, block, plain)
    if isinstance(block.holder, ast.While):
        yield from _progress(context, block.holder, plain)
    if block.holder is block.function or block.in_loop:
        yield from _guards(context, block, at, plain)


def _assigned(function: ast.AST | None) -> set[str]:
    return {
        node.id
        for node in ast.walk(function or ast.Pass())
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _fills(context: Context, names: dict[str, Kinds]) -> Iterator[Made]:
    tested = _tested(context)
    for holder, kinds in names.items():
        for method, kind in _FILLERS.items():
            if kind not in kinds:
                continue
            for name, own in names.items():
                many = bool(own & {"seq", "set", "dict"})
                if name == holder or (method in ("extend", "update") and not many):
                    continue
                near = (name, holder) in tested
                cost = 3.2 if near else 4.0 if not many or method == "extend" else 4.6
                fill = make.method(make.name(holder), method, make.name(name))
                yield make.do(fill), cost, "fill"
        if "seq" in kinds:
            for added in _last_items(context, holder, names):
                fill = make.method(make.name(holder), "append", added)
                yield make.do(fill), 4.7, "fill"
            yield make.do(make.method(make.name(holder), "pop")), 4.8, "take"
        if "dict" in kinds:
            yield from _entries(holder, names)


def _last_items(
    context: Context, holder: str, names: dict[str, Kinds]
) -> Iterator[ast.expr]:
    """Yield the ends of the sequences in scope, and the program's own small expressions."""
    for name, kinds in names.items():
        if name != holder and kinds & {"seq", "str"}:
            yield make.item(make.name(name), make.const(-1))
            yield make.part(make.name(name), None, None)
    for piece in context.pieces:
        small = 1 < piece.size <= 10 and not isinstance(piece.node, ast.Compare)
        if small and holder not in piece.names and piece.names <= names.keys():
            yield piece.node


def _entries(holder: str, names: dict[str, Kinds]) -> Iterator[Made]:
    for key, kinds in names.items():
        if key == holder or kinds & {"seq", "set", "dict"}:
            continue
        for value in names:
            if value not in (holder, key):
                target = ast.Subscript(make.name(holder), make.name(key), ast.Store())
                yield ast.Assign([target], make.name(value)), 4.8, "fill"


def _tested(context: Context) -> set[tuple[str, str]]:
    """Return the pairs of names of which the program asks whether one is in the other."""
    found = set()
    for place in context.places:
        node = place.node
        if isinstance(node, ast.Compare) and isinstance(
            node.ops[0], ast.In | ast.NotIn
        ):
            left, right = node.left, node.comparators[0]
            if isinstance(left, ast.Name) and isinstance(right, ast.Name):
                found.add((left.id, right.id))
    return found


def _assignments(names: dict[str, Kinds], assigned: set[str]) -> Iterator[Made]:
    for target, kinds in names.items():
        if "num" in kinds and target in assigned:
            for operator in (ast.Add, ast.Sub):
                yield make.add_to(target, operator, make.const(1)), 4.0, "step"
        for source, known in names.items():
            if source != target and (fits(kinds, known) or "none" in kinds | known):
                cost = 4.2 if target in assigned else 5.0
                yield make.assign(target, make.name(source)), cost, "assign"
                if "num" in kinds and "num" in known and target in assigned:
                    yield make.add_to(target, ast.Add, make.name(source)), 4.8, "step"


def _progress(
    context: Context, loop: ast.While, names: dict[str, Kinds]
) -> Iterator[Made]:
    """Yield what brings a loop's condition nearer to its end."""
    tested = [n.id for n in ast.walk(loop.test) if isinstance(n, ast.Name)]
    constants = [p.node for p in context.pieces if isinstance(p.node, ast.Constant)]
    fields = {
        p.node.attr: 0 for p in context.pieces if isinstance(p.node, ast.Attribute)
    }
    moving = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and _is_set(n)}
    cost = 4.8 if moving & set(tested) else 3.6
    for name in dict.fromkeys(tested):
        kinds = names.get(name, frozenset())
        if "num" in kinds:
            for other in (
                *constants,
                *(make.name(n) for n in names if "num" in names[n]),
            ):
                for operator in (ast.FloorDiv, ast.Add, ast.Sub, ast.Mult):
                    yield make.add_to(name, operator, other), cost, "progress"
        if kinds & {"seq", "str"}:
            rest = make.part(make.name(name), make.const(1), None)
            yield make.assign(name, rest), cost, "progress"
        for field in fields:
            onward = ast.Attribute(make.name(name), field, ast.Load())
            yield make.assign(name, onward), cost, "progress"


def _is_set(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _ends(context: Context, block: Block, names: dict[str, Kinds]) -> Iterator[Made]:
    if block.in_loop:
        yield ast.Break(), 4.2, "end"
        yield ast.Continue(), 4.4, "end"
    for value in results(context, block):
        yield ast.Return(value), 4.6, "end"
    for name in names:
        yield ast.Return(make.name(name)), 4.2, "end"


def results(context: Context, block: Block) -> list[ast.expr]:
    """Return the expressions that the function returns, and plain empty values."""
    return results_of(context, block.function)


def results_of(context: Context, function: ast.AST | None) -> list[ast.expr]:
    """Return what a function may return early."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(function or ast.Pass()):
        if isinstance(node, ast.Return) and node.value is not None:
            found.setdefault(ast.unparse(node.value), node.value)
    for text in context.program.words.results:
        found.setdefault(text, ast.parse(text, mode="eval").body)
    for empty in (make.const(None), make.const(0), make.const(False), make.listed()):
        found.setdefault(ast.unparse(empty), empty)
    return list(found.values())


def _guards(
    context: Context, block: Block, at: int, names: dict[str, Kinds]
) -> Iterator[Made]:
    ends: list[ast.stmt] = [ast.Return(value) for value in results(context, block)]
    if block.holder is block.function:
        ends += [ast.Return(make.name(name)) for name in names]
        ends += [ast.Return(make.listed(make.name(n))) for n in names]
    if block.in_loop:
        ends += [ast.Continue(), ast.Break()]
    for atom, dearer in atoms(context, names):
        for end in ends:
            own = isinstance(atom, ast.Compare | ast.UnaryOp)
            cost = 4.4 + dearer + (0.0 if own else 0.4)
            yield make.when(atom, end), cost, "guard"
