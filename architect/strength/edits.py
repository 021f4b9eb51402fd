"""One small change of a syntax tree, made in place and taken back.

A mutant is the accepted body with one edit. Trees are compiled as they are, so nothing
is printed or parsed for a mutant that nobody will look at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Edit:
    """`owner.field` becomes `value`; `kind` is the family of the change."""

    owner: ast.AST
    field: str
    value: Any
    kind: str

    @contextmanager
    def made(self) -> Iterator[None]:
        """Make the change for the length of the block."""
        before = getattr(self.owner, self.field)
        setattr(self.owner, self.field, self.value)
        try:
            yield
        finally:
            setattr(self.owner, self.field, before)


@dataclass(frozen=True)
class Place:
    """Where a node hangs: in `owner.field`, or in its list at `index`."""

    owner: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST, kind: str) -> Edit:
        """Return the edit that puts another node here."""
        if self.index is None:
            return Edit(self.owner, self.field, node, kind)
        items = list(getattr(self.owner, self.field))
        items[self.index] = node
        return Edit(self.owner, self.field, items, kind)


def places(tree: ast.AST) -> Iterator[Place]:
    """Yield every node below `tree` with its place, outer ones first, in reading order."""
    for field, value in ast.iter_fields(tree):
        if isinstance(value, ast.AST):
            yield Place(tree, field, None, value)
            yield from places(value)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield Place(tree, field, index, item)
                    yield from places(item)


def located(node: ast.AST, like: ast.AST) -> ast.AST:
    """Give a new node the place in the text that another one has."""
    ast.copy_location(node, like)
    return ast.fix_missing_locations(node)
