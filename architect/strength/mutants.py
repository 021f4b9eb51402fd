"""All small wrong versions of an accepted body, each with one difference.

Mutants are code objects: the tree is changed in place, compiled, and changed back.
Two that compile to the same code are one, and what compiles to the body itself is none.
"""

from __future__ import annotations

import ast
import marshal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from architect.gate.coverage.tree import compiled, function_of
from architect.strength import expressions, statements
from architect.strength.edits import Edit, places
from architect.strength.names import lookalikes
from core.spec import Spec
from core.spec_graph import SpecGraph


@dataclass(frozen=True)
class Mutant:
    """One edit of the tree, and the function's code with it."""

    edit: Edit
    code: bytes
    line: int


class Body:
    """The tree of one accepted body."""

    def __init__(
        self, spec: Spec, graph: SpecGraph, module: str, package: str = "trading"
    ) -> None:
        self.spec, self.graph, self.package = spec, graph, package
        self.function = function_of(module, spec.name)

    @property
    def code(self) -> bytes:
        """The compiled function as it stands, marshalled."""
        return marshal.dumps(compiled(self.function))

    def text(self) -> str:
        """Return the body as it stands, unformatted."""
        return "\n".join(ast.unparse(line) for line in self.function.body) + "\n"

    def mutants(self) -> list[Mutant]:
        """Return the mutants in reading order."""
        seen = {_meaning(compiled(self.function))}
        found = []
        for edit, line in self._edits():
            with edit.made():
                code = self._mutated()
            if code is None or (meaning := _meaning(code)) in seen:
                continue
            seen.add(meaning)
            found.append(Mutant(edit, marshal.dumps(code), line))
        return found

    def _edits(self) -> Iterator[tuple[Edit, int]]:
        alike = lookalikes(self.spec, self.graph, self.function, self.package)
        returns = self.spec.returns.type if self.spec.returns else "None"
        once, line, skipped = _bound_once(self.function), 1, set[int]()
        top = self.function.body[0].lineno - 1
        for place in places(self.function):
            if place.owner is self.function and place.field != "body":
                skipped.update(id(node) for node in ast.walk(place.node))
            if id(place.node) in skipped:
                continue
            line = getattr(place.node, "lineno", line + top) - top
            for edit in statements.edits(place, once, returns):
                yield edit, line
            for edit in expressions.edits(place, alike):
                yield edit, line

    def _mutated(self) -> CodeType | None:
        try:
            return compiled(self.function)
        except (SyntaxError, ValueError):
            return None


def _bound_once(function: ast.FunctionDef) -> frozenset[str]:
    bound = Counter(
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    parameters = {arg.arg for arg in function.args.args}
    return frozenset(n for n, count in bound.items() if count == 1) - parameters


def _meaning(code: CodeType) -> tuple[Any, ...]:
    """Return what a code object does, whatever lines it stands on."""
    consts = tuple(
        _meaning(const) if isinstance(const, CodeType) else (type(const), repr(const))
        for const in code.co_consts
    )
    return (
        code.co_code,
        consts,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_exceptiontable,
    )
