"""One body as a list of libcst nodes with their parents, and what it binds.

The rules (`rules_names`, `rules_syntax`) look at single nodes through it and note their
refusals in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import libcst as cst

from architect.gate.hints import NODES
from architect.gate.scope import Scope
from architect.gate.syntax_nodes import ALLOWED_NODES

Refusal = tuple[cst.CSTNode, str, str | None]
Rule = Callable[["Walk", Any], None]

_SKIPPED = ("libcst._nodes.whitespace", "libcst._nodes.op")


class Walk:
    """One pass over one body; `bound` holds every name that the body binds."""

    def __init__(self, module: cst.Module, scope: Scope) -> None:
        self.scope = scope
        self.nodes = list(_walk(module, None))
        self.parents = {id(node): parent for node, parent in self.nodes}
        self.refusals: list[Refusal] = []
        self.bound: set[str] = set()
        self._no_loads: set[int] = set()

    def run(self, rules: Mapping[type, Rule]) -> list[Refusal]:
        """Return (node, message, hint) for everything that may not be."""
        for node, _ in self.nodes:
            self._bind(node)
        refused: set[int] = set()
        for node, parent in self.nodes:
            if id(parent) in refused:
                refused.add(id(node))
            elif type(node) not in ALLOWED_NODES:
                refused.add(id(node))
                kind = type(node).__name__
                self.refuse(
                    node, f"{_readable(kind)} is not allowed in a body", NODES.get(kind)
                )
            elif rule := rules.get(type(node)):
                rule(self, node)
        return self.refusals

    def refuse(self, node: cst.CSTNode, message: str, hint: str | None = None) -> None:
        """Note one refusal."""
        self.refusals.append((node, message, hint))

    def parent(self, node: cst.CSTNode) -> Any:
        """Return the node that holds this one, None for the module."""
        return self.parents[id(node)]

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around this one, nearest first."""
        parent = self.parent(node)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def is_load(self, node: cst.Name) -> bool:
        """Tell whether a name is read here (not bound, an attribute or a keyword)."""
        return id(node) not in self._no_loads

    def is_called(self, node: cst.CSTNode) -> bool:
        """Tell whether the node is called right where it stands."""
        call = self.parent(node)
        return isinstance(call, cst.Call) and call.func is node

    def only_dict(self, name: str) -> cst.Dict | None:
        """Return the dict that a name stands for, if nothing could have changed it.

        It is assigned once and otherwise only stands behind `**`.
        """
        found = None
        for node, parent in self.nodes:
            if not isinstance(node, cst.Name) or node.value != name:
                continue
            match parent:
                case cst.Arg(star="**") if parent.value is node:
                    continue
                case cst.AssignTarget() if found is None:
                    assign = self.parent(parent)
                    if isinstance(assign.value, cst.Dict) and len(assign.targets) == 1:
                        found = assign.value
                        continue
            return None
        return found

    def _bind(self, node: cst.CSTNode) -> None:
        match node:
            case cst.AssignTarget() | cst.AnnAssign() | cst.AugAssign():
                self._target(node.target)
            case cst.For() | cst.CompFor() | cst.NamedExpr():
                self._target(node.target)
            case (
                cst.Param(name=name)
                | cst.FunctionDef(name=name)
                | cst.AsName(name=name)
            ):
                self._target(name)
            case cst.MatchAs(name=cst.Name() as name) | cst.MatchStar(
                name=cst.Name() as name
            ):
                self._target(name)
            case cst.MatchMapping(rest=cst.Name() as name):
                self._target(name)
            case cst.Attribute(attr=name) | cst.MatchKeywordElement(key=name):
                self._no_loads.add(id(name))
            case cst.Arg(keyword=cst.Name() as name):
                self._no_loads.add(id(name))

    def _target(self, target: cst.CSTNode) -> None:
        match target:
            case cst.Name(value=name):
                self.bound.add(name)
                self._no_loads.add(id(target))
                self._check_bindable(target, name)
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                for element in elements:
                    self._target(element.value)
            case cst.Subscript():
                pass
            case _:
                hint = "build a new value; dataclasses.replace for a record"
                self.refuse(target, "assignment to an attribute", hint)

    def _check_bindable(self, node: cst.Name, name: str) -> None:
        # A name bound in one scope may be read in another, where it would be the
        # builtin or the import: so none of these is ever bound.
        if name in self.scope.taken:
            self.refuse(
                node, f"{name!r} is taken and may not be bound", "choose another name"
            )
        elif name.startswith("_") and name != "_":
            self.refuse(
                node, f"name {name!r} begins with an underscore", "leave it out"
            )


def _walk(
    node: cst.CSTNode, parent: cst.CSTNode | None
) -> Iterator[tuple[cst.CSTNode, cst.CSTNode | None]]:
    yield node, parent
    for child in node.children:
        if type(child).__module__ not in _SKIPPED:
            yield from _walk(child, node)


def _readable(kind: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in kind).split()
    return f"`{' '.join(words)}`"
