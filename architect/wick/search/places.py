"""Places in a tree where an edit may go: expressions and lists of statements."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from architect.wick.search.edit import Change, Edit, Put, PutAll
from architect.wick.search.kinds import Kinds
from architect.wick.search.program import is_tick


@dataclass(slots=True)
class Place:
    """One expression and where it stands. `inner` are names that comprehensions bind."""

    node: ast.expr
    holder: ast.AST
    field: str
    index: int | None
    statement: ast.stmt
    function: ast.AST | None
    unit: int
    inner: tuple[str, ...] = ()

    @property
    def where(self) -> int:
        """The number that localisation ranks."""
        number: int = self.node.wick_id  # type: ignore[attr-defined]
        return number

    @property
    def is_condition(self) -> bool:
        """Tell whether only the truth of the value matters here."""
        if self.field == "test" or isinstance(self.holder, ast.BoolOp):
            return True
        return self.field == "ifs" or (
            isinstance(self.holder, ast.UnaryOp) and isinstance(self.holder.op, ast.Not)
        )

    def put(self, new: ast.AST, cost: float, family: str) -> Edit:
        """Return the edit that puts `new` here."""
        change = Put(self.holder, self.field, self.index, new)
        return self._edit(cost, family, change)

    def set(self, name: str, new: object, cost: float, family: str) -> Edit:
        """Return the edit that sets one field of the expression itself."""
        return self._edit(cost, family, Put(self.node, name, None, new))

    def _edit(self, cost: float, family: str, *changes: Change) -> Edit:
        near: int = self.statement.wick_id  # type: ignore[attr-defined]
        return Edit(cost, family, self.where, near, self.unit, changes)


@dataclass(slots=True)
class Block:
    """One list of statements."""

    holder: ast.AST
    field: str
    function: ast.AST | None
    unit: int
    in_loop: bool

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements, ticks among them."""
        found: list[ast.stmt] = getattr(self.holder, self.field)
        return found

    def replaced(
        self, start: int, stop: int, new: list[ast.stmt], cost: float, family: str,
        also: tuple[Change, ...] = (),
    ) -> Edit:  # fmt: skip
        """Return the edit that puts `new` for the statements from `start` to `stop`."""
        old = self.statements
        near = old[min(start, len(old) - 1)] if old else self.holder
        if is_tick(near):
            near = old[start] if start < len(old) else self.holder
        changes = (
            PutAll(self.holder, self.field, old[:start] + new + old[stop:]),
            *also,
        )
        numbered = near if hasattr(near, "wick_id") else self.holder
        where: int = numbered.wick_id  # type: ignore[attr-defined]
        return Edit(cost, family, where, where, self.unit, changes)


@dataclass(frozen=True, slots=True)
class Piece:
    """An expression that the program has, once."""

    text: str
    node: ast.expr
    names: frozenset[str]
    kinds: Kinds
    size: int
