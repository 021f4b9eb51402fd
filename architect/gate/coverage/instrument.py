"""Puts a body's places under observation: the same body, each place in a call that notes.

What only raises is no place: a guard that never fires fails closed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from architect.gate.coverage.calls import Calls
from architect.gate.coverage.expressions import text_of
from architect.gate.coverage.points import RAN


class Instrument(Calls):
    """Changes one function in place; `points` tells what was put where."""

    def __init__(self, function: ast.FunctionDef, ports: Sequence[str] = ()) -> None:
        super().__init__(function, ports)
        function.body = self._statements(function.body)
        ast.fix_missing_locations(function)

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(statement) for statement in body]

    def _block(self, body: list[ast.stmt], text: str | None = None) -> list[ast.stmt]:
        """Observe a block that need not run."""
        if not body or _only_raises(body):
            return body
        shown = text or text_of(body[0])
        mark = ast.Expr(self.call("ran", self.point(body[0], RAN, text=shown)))
        return [mark, *self._statements(body)]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = self._block(node.body, f"def {node.name}")
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        quiet = _only_raises(node.body) or _only_raises(node.orelse)
        if not (quiet and _is_plain(node.test)):
            node.test = self.truth(node.test)
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

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
        # What stands after a statement that always raises never runs.
        node.body = [one for part in node.body for one in self._block([part])]
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


# What a guard may ask without changing anything.
_ASKING = frozenset(
    ["is_nan", "is_finite", "any", "all", "isna", "startswith", "isnan"]
)
_PLAIN = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Name, ast.Attribute, ast.Constant,
    ast.Call, ast.Subscript, ast.Slice, ast.Tuple,
    ast.cmpop, ast.boolop, ast.unaryop, ast.operator, ast.expr_context,
)  # fmt: skip


def _is_plain(test: ast.expr) -> bool:
    """Tell whether a test does nothing but ask."""
    return all(
        isinstance(node, _PLAIN)
        and not (isinstance(node, ast.Call) and not _asks(node.func))
        for node in ast.walk(test)
    )


def _asks(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in _ASKING
    return isinstance(function, ast.Name)


def _leaves(loop: ast.For) -> bool:
    return any(isinstance(node, (ast.Break, ast.Return)) for node in ast.walk(loop))


def _only_raises(body: Sequence[ast.stmt]) -> bool:
    return len(body) == 1 and isinstance(body[0], ast.Raise)


def _head(node: ast.ExceptHandler | ast.match_case) -> str:
    return text_of(node).splitlines()[0].rstrip(":")
