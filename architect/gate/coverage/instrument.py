"""Puts a body's places under observation: the same body, each place in a call that notes.

What only raises is no place: a guard that never fires fails closed. Not so where what it
raises may be caught, by a handler or by who calls an inner function (a `map` or a `next`
takes StopIteration for the end).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from architect.gate.coverage.calls import Calls
from architect.gate.coverage.expressions import text_of
from architect.gate.coverage.guards import Guards, is_raise
from architect.gate.coverage.points import RAN


class Instrument(Calls):
    """Changes one function in place; `points` tells what was put where."""

    def __init__(self, function: ast.FunctionDef, ports: Sequence[str] = ()) -> None:
        super().__init__(function, ports)
        self._guards = Guards(function, ports)
        # In the body of a `try`; where what is raised may be caught.
        self._tried = self._caught = False
        function.body = self._statements(function.body)
        ast.fix_missing_locations(function)

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        if self._tried:
            return [one for statement in body for one in self._ended(statement)]
        return [self.visit(statement) for statement in body]

    def _ended(self, statement: ast.stmt) -> list[ast.stmt]:
        """Observe that a statement comes to its end: in a `try`, one that always fails
        would have its error caught each time, and on the day it does not fail it counts.
        """
        if not isinstance(statement, _PLAIN_STATEMENTS) or not statement.value:
            return [self._mark(statement), self.visit(statement)]
        end = self.point(statement, RAN, text=f"the end of `{text_of(statement)}`")
        self.visit(statement)
        if isinstance(statement, ast.Return):
            statement.value = self.call("ran", end, statement.value)
            return [statement]
        return [statement, ast.Expr(self.call("ran", end))]

    def _mark(self, node: ast.stmt, text: str | None = None) -> ast.Expr:
        point = self.point(node, RAN, text=text or text_of(node))
        return ast.Expr(self.call("ran", point))

    @contextmanager
    def _within(self, *, tried: bool, caught: bool = True) -> Iterator[None]:
        before = self._tried, self._caught
        self._tried, self._caught = tried, caught
        yield
        self._tried, self._caught = before

    def _block(self, body: list[ast.stmt], text: str | None = None) -> list[ast.stmt]:
        """Observe a block that need not run."""
        if not body or self._is_quiet(body):
            return body
        return [self._mark(body[0], text), *self._statements(body)]

    def _is_quiet(self, body: Sequence[ast.stmt]) -> bool:
        """Tell whether all that a block does is to fail the whole call."""
        return not self._caught and self._guards.only_raises(body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        with self._within(tried=False):
            node.body = self._block(node.body, f"def {node.name}")
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        quiet = self._is_quiet(node.body) or self._is_quiet(node.orelse)
        before = len(self.points)
        if not (quiet and self._guards.only_asks(node.test)):
            node.test = self.truth(node.test)
        if is_raise(node.body) or is_raise(node.orelse):
            guards = [replace(point, guards=True) for point in self.points[before:]]
            self.points[before:] = guards
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        # What an error says need not vary, wherever it is raised.
        return node if self._is_quiet([node]) else self.generic_visit(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        node.test = self.truth(node.test)
        return self._loop(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        head = text_of(node).rstrip(":")
        ended = (
            self.point(node, RAN, text=f"the end of `{head}`")
            if _leaves(node)
            else None
        )
        node.iter = self.visit(node.iter)
        self._loop(node)
        if ended is not None:
            # A loop that is always left may be a bound that no test meets.
            node.orelse.insert(0, ast.Expr(self.call("ran", ended)))
        return node

    def _loop(self, node: ast.While | ast.For) -> ast.AST:
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        with self._within(tried=True):
            node.body = self._statements(node.body)
        # A `finally` may leave, and nothing is raised then.
        with self._within(
            tried=self._tried, caught=self._caught or bool(node.finalbody)
        ):
            for handler in node.handlers:
                handler.body = self._block(handler.body, _head(handler))
            node.orelse = self._block(node.orelse)
        node.finalbody = self._statements(node.finalbody)
        return node

    def visit_Match(self, node: ast.Match) -> ast.AST:
        node.subject = self.visit(node.subject)
        for case in node.cases:
            if case.guard is not None:
                case.guard = self.truth(case.guard)
            case.body = self._block(case.body, _head(case))
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        # Nobody looks at its value.
        if isinstance(node.value, ast.Call):
            node.value = self.inside(node.value)
        else:
            node.value = self.visit(node.value)
        return node


_PLAIN_STATEMENTS = (
    ast.Return, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign
)  # fmt: skip


def _leaves(loop: ast.For) -> bool:
    return any(isinstance(node, (ast.Break, ast.Return)) for node in ast.walk(loop))


def _head(node: ast.ExceptHandler | ast.match_case) -> str:
    return text_of(node).splitlines()[0].rstrip(":")
