"""What a name or an attribute of a body may be mistaken for.

Only for something of the same type, as far as the spec tells it: a swap that always
raises would be caught by any test, and says nothing about the spec.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from architect.gate.scope import Scope, scope_of
from core.spec import Spec, snake
from core.spec_graph import SpecGraph

AT_MOST = 3
# Methods and functions that take the same arguments and give the same type.
ALIKE = (
    ("min", "max"),
    ("any", "all"),
    ("mean", "sum", "median", "max"),
    ("std", "var"),
    ("cummax", "cummin", "cumsum"),
    ("ffill", "bfill"),
    ("lower", "upper"),
    ("floor", "ceil"),
    ("lstrip", "rstrip"),
    ("keys", "values"),
    ("log", "log10", "log1p"),
    ("head", "tail"),
    ("startswith", "endswith"),
    ("diff", "pct_change"),
    ("append", "extend"),
)
TWINS = (("ROUND_CEILING", "ROUND_FLOOR"), ("ROUND_HALF_UP", "ROUND_HALF_EVEN"))


@dataclass
class Lookalikes:
    """The mistakable names of one body."""

    scope: Scope
    params: dict[str, str]
    fields: list[dict[str, str]]
    bound: dict[str, int] = field(default_factory=dict)

    def names(self, node: ast.Name) -> list[str]:
        """Return what may stand for a name that is read at `node`."""
        found = [n for pair in (*TWINS, *ALIKE) if node.id in pair for n in pair]
        if node.id in self.params:
            kind = self.params[node.id]
            found += [n for n, other in self.params.items() if other == kind]
        elif node.id in self.bound:
            line = node.lineno
            found += [n for n, first in self.bound.items() if first < line]
        known = {*self.scope.names, *self.scope.ports, *self.bound}
        return _others(node.id, [n for n in found if n in known])

    def attributes(self, name: str) -> list[str]:
        """Return what may stand for an attribute."""
        found = [n for group in ALIKE if name in group for n in group]
        for fields in self.fields:
            if kind := fields.get(name):
                found += [n for n, other in fields.items() if other == kind]
                break
        return _others(name, [n for n in found if n in self.scope.attributes])


def _others(name: str, found: list[str]) -> list[str]:
    return [n for n in dict.fromkeys(found) if n != name][:AT_MOST]


def lookalikes(
    spec: Spec, graph: SpecGraph, function: ast.FunctionDef, package: str
) -> Lookalikes:
    """Return the lookalikes of an accepted body's tree."""
    scope = scope_of(spec, graph, package)
    params = {name: param.type for name, param in spec.params.items()}
    records = [snake(name) for name in spec.record_types]
    for used in spec.uses:
        records += [snake(name) for name in graph.get(used).record_types]
    known = [
        graph.specs[name] for name in dict.fromkeys(records) if name in graph.specs
    ]
    fields = [{n: f.type for n, f in one.fields.items()} for one in known]
    return Lookalikes(scope, params, fields, _bound(function))


def _bound(function: ast.FunctionDef) -> dict[str, int]:
    """Return the names that whole statements bind, with the line where they first do."""
    found: dict[str, int] = {}
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    found.setdefault(part.id, part.lineno)
    return found
