"""Tells which expressions of a body are the same for every input."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping


class Constants:
    """The names of one function that no input has a part in.

    A name is constant when the one thing that is assigned to it is; a name that the
    function does not bind (an import of the header, a builtin) is.
    """

    def __init__(self, function: ast.FunctionDef) -> None:
        self._varying = {arg.arg for arg in _arguments(function)}
        self._assigned = assigned = defaultdict[str, list[ast.expr]](list)
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    assigned[name].append(value)
                case ast.NamedExpr(target=ast.Name(id=name), value=value):
                    assigned[name].append(value)
                case _ if node is not function:
                    self._varying |= _bound(node)
        self._spread(assigned)

    def _spread(self, assigned: Mapping[str, list[ast.expr]]) -> None:
        while True:
            found = {
                name
                for name, values in assigned.items()
                if name not in self._varying
                and not (len(values) == 1 and self.is_constant(values[0]))
            }
            if not found:
                return
            self._varying |= found

    def bound_once(self, node: ast.expr) -> ast.expr | None:
        """Return the one expression that a name is bound to."""
        values = self._assigned.get(node.id, []) if isinstance(node, ast.Name) else []
        return values[0] if len(values) == 1 else None

    def is_constant(self, node: ast.AST) -> bool:
        """Tell whether the expression is made of constants alone."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        return not names & self._varying


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    return [node for node in ast.walk(function) if isinstance(node, ast.arg)]


def _bound(node: ast.AST) -> set[str]:
    """Return the names that a node binds to what is not looked at here."""
    match node:
        case ast.Assign(targets=targets):
            return {name for target in targets for name in stored(target)}
        case (
            ast.AugAssign(target=target)
            | ast.AnnAssign(target=target)
            | ast.For(target=target)
            | ast.comprehension(target=target)
        ):
            return stored(target)
        case (
            ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
            | ast.ExceptHandler(name=str(name))
            | ast.FunctionDef(name=name)
        ):
            return {name}
        case ast.alias(name=name, asname=other):
            return {(other or name).partition(".")[0]}
    return set()


def stored(target: ast.AST) -> set[str]:
    """Return the names that a target binds."""
    names = (node for node in ast.walk(target) if isinstance(node, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Store)}
