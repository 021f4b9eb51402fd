"""Where edits may go and what they may be made of: places, names in scope, expressions.

Built once for each program from its tree and what was observed of it; the families of
edits read it and never walk the tree themselves.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from architect.wick.search.kinds import UNKNOWN, Kinds
from architect.wick.search.observe import Observed
from architect.wick.search.places import Block, Piece, Place
from architect.wick.search.program import Program, is_tick

BLOCKS = ("body", "orelse", "finalbody")


@dataclass
class Context:
    """All that the families of edits may use."""

    program: Program
    seen: Observed
    places: list[Place] = field(default_factory=list)
    targets: list[Place] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    functions: dict[str, ast.AST] = field(default_factory=dict)
    _names: dict[int, dict[str, Kinds]] = field(default_factory=dict)

    def kinds(self, node: ast.AST) -> Kinds:
        """Return the kinds of values that an expression had; empty if it never ran."""
        number = getattr(node, "wick_id", None)
        found = self.seen.kinds.get(number) if number is not None else None
        return frozenset(found) if found else UNKNOWN

    def names(self, place: Place) -> dict[str, Kinds]:
        """Return the names in scope at an expression, with the kinds of their values."""
        found = self.names_at(place.statement, place.function)
        if place.inner:
            found = found | {
                name: self._inner.get(name, UNKNOWN) for name in place.inner
            }
        return found

    def names_at(
        self, statement: ast.stmt, function: ast.AST | None
    ) -> dict[str, Kinds]:
        """Return the names in scope before a statement, with kinds."""
        number: int = statement.wick_id  # type: ignore[attr-defined]
        if number not in self._names:
            self._names[number] = self._scope(number, function)
        return self._names[number]

    @cached_property
    def given(self) -> dict[str, Kinds]:
        """The names that the program is given from outside, with kinds; no modules."""
        told = self.program.words.names.items()
        return {name: frozenset({kind}) for name, kind in told if kind != "module"}

    @cached_property
    def functions_in_reach(self) -> list[str]:
        """The functions that may be called: the program's own, then those given to it."""
        given = [name for name, kinds in self.given.items() if "call" in kinds]
        return [*self.functions, *given]

    def kinds_of_inner(self, name: str) -> Kinds:
        """Return the kinds of a name that a comprehension binds."""
        return self._inner.get(name, UNKNOWN)

    def _scope(self, number: int, function: ast.AST | None) -> dict[str, Kinds]:
        found: dict[str, Kinds] = dict.fromkeys(self.functions, frozenset({"call"}))
        found |= self.given
        outer = self._owner.get(id(function))
        while outer is not None:
            found |= self._known_in(outer)
            outer = self._owner.get(id(outer))
        here = self.seen.names.get(number)
        if here is not None:
            found |= {name: frozenset(kinds) for name, kinds in here.items()}
        else:
            found |= self._known_in(function)
        return {n: k for n, k in found.items() if not n.startswith(("_wick", "."))}

    def _known_in(self, function: ast.AST | None) -> dict[str, Kinds]:
        found: dict[str, Kinds] = dict.fromkeys(_bound(function), UNKNOWN)
        for block in self.blocks:
            if block.function is function and function is not None:
                for statement in block.statements:
                    number = getattr(statement, "wick_id", -1)
                    for name, kinds in self.seen.names.get(number, {}).items():
                        found[name] = found.get(name, UNKNOWN) | kinds
        return found

    _owner: dict[int, ast.AST | None] = field(default_factory=dict)
    _inner: dict[str, Kinds] = field(default_factory=dict)


def build(program: Program, seen: Observed) -> Context:
    """Return the context of a program as it stands in its tree."""
    context = Context(program, seen)
    for unit, statement in enumerate(program.tree.body):
        if isinstance(statement, ast.FunctionDef):
            context.functions[statement.name] = statement
        if program.may_edit(statement):
            _Walk(context, unit).statement(statement, None, False)
    context.pieces = list(_pieces(context))
    for place in context.places:
        if isinstance(place.node, ast.Name) and place.node.id in place.inner:
            known = context._inner.get(place.node.id, UNKNOWN)
            context._inner[place.node.id] = known | context.kinds(place.node)
    return context


def _bound(function: ast.AST | None) -> list[str]:
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return []
    arguments = function.args
    found = [
        a.arg for a in arguments.posonlyargs + arguments.args + arguments.kwonlyargs
    ]
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return found


def _pieces(context: Context) -> Iterator[Piece]:
    kinds: dict[str, set[str]] = {}
    nodes: dict[str, ast.expr] = {}
    for place in context.places:
        if isinstance(place.node, ast.Starred | ast.Slice | ast.JoinedStr):
            continue
        text = ast.unparse(place.node)
        if text not in nodes:
            nodes[text] = copy.deepcopy(place.node)  # a node put in itself is a cycle
        kinds.setdefault(text, set()).update(context.kinds(place.node))
    for text in context.program.words.expressions:
        node = ast.parse(text, mode="eval").body
        nodes.setdefault(ast.unparse(node), node)
        kinds.setdefault(ast.unparse(node), set())
    for text, node in nodes.items():
        inside = list(ast.walk(node))
        names = frozenset(n.id for n in inside if isinstance(n, ast.Name))
        bound = frozenset(
            n.id
            for n in inside
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
        yield Piece(text, node, names - bound, frozenset(kinds[text]), len(inside))


class _Walk:
    """Collects the places, targets and blocks of one unit."""

    def __init__(self, context: Context, unit: int) -> None:
        self.context = context
        self.unit = unit

    def statement(
        self, node: ast.stmt, function: ast.AST | None, in_loop: bool
    ) -> None:
        inside = function
        loop = in_loop
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.context._owner[id(node)] = function
            inside, loop = node, False
        loop = loop or isinstance(node, ast.For | ast.While)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.arguments):
                self._field(value, "defaults", value.defaults, node, function, ())
            if name in (
                "decorator_list",
                "returns",
                "annotation",
                "bases",
                "type_params",
            ):
                continue
            if name in BLOCKS or name in ("handlers", "cases"):
                self._blocks(node, name, value, inside, loop)
            else:
                self._field(node, name, value, node, function, ())

    def _blocks(
        self, node: ast.AST, name: str, value: list[ast.AST],
        function: ast.AST | None, loop: bool,
    ) -> None:  # fmt: skip
        if value and isinstance(value[0], ast.stmt):
            self.context.blocks.append(Block(node, name, function, self.unit, loop))
        for child in value:
            if isinstance(child, ast.stmt):
                if not is_tick(child):
                    self.statement(child, function, loop)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                self._blocks(child, "body", list(child.body), function, loop)

    def _field(
        self, holder: ast.AST, name: str, value: object,
        statement: ast.stmt, function: ast.AST | None, inner: tuple[str, ...],
    ) -> None:  # fmt: skip
        items = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in items:
            if isinstance(child, ast.expr):
                place = Place(
                    child, holder, name, index, statement, function, self.unit, inner
                )
                self._expression(place)
            elif isinstance(child, ast.keyword | ast.comprehension | ast.withitem):
                for field_name, inside in ast.iter_fields(child):
                    self._field(child, field_name, inside, statement, function, inner)

    def _expression(self, place: Place) -> None:
        node = place.node
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            self.context.targets.append(place)
        else:
            self.context.places.append(place)
        if isinstance(node, ast.JoinedStr):
            return
        inner = place.inner + _binds(node)
        for name, value in ast.iter_fields(node):
            if name not in ("ctx", "args") or not isinstance(value, ast.arguments):
                self._field(node, name, value, place.statement, place.function, inner)


def _binds(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Lambda):
        return tuple(a.arg for a in node.args.args)
    if not isinstance(
        node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ):
        return ()
    return tuple(
        n.id
        for generator in node.generators
        for n in ast.walk(generator.target)
        if isinstance(n, ast.Name)
    )
