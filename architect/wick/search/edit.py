"""One edit of a tree: what to put where, and what it costs a priori.

A cost is about the negative logarithm of how often such an edit mends a bug: boundary and
operator slips are cheap, synthesised statements dear.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_AT = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}


@dataclass(slots=True)
class Put:
    """Sets one field of a node, or one element of a list field."""

    holder: ast.AST
    field: str
    index: int | None
    new: Any

    def swap(self) -> None:
        """Exchange what stands there with `new`; twice is nothing."""
        if self.index is None:
            old = getattr(self.holder, self.field)
            setattr(self.holder, self.field, self.new)
        else:
            items = getattr(self.holder, self.field)
            old = items[self.index]
            items[self.index] = self.new
        self.new = old


@dataclass(slots=True)
class PutAll:
    """Sets a whole list field."""

    holder: ast.AST
    field: str
    new: list[Any]

    def swap(self) -> None:
        """Exchange the list; twice is nothing."""
        old = getattr(self.holder, self.field)
        setattr(self.holder, self.field, self.new)
        self.new = old


Change = Put | PutAll


@dataclass(slots=True)
class Edit:
    """A change at a place: localisation ranks the node numbered `where`, or the statement
    numbered `near` if that never ran; `unit` is the top-level statement that changes.
    """

    cost: float
    family: str
    where: int
    near: int
    unit: int
    changes: tuple[Change, ...]


@contextmanager
def applied(edit: Edit) -> Iterator[None]:
    """Put an edit into the tree for as long as the context lasts."""
    for change in edit.changes:
        locate(change.new)
        change.swap()
    try:
        yield
    finally:
        for change in reversed(edit.changes):
            change.swap()


def locate(new: Any) -> None:
    """Give new nodes the place that the compiler wants."""
    if isinstance(new, list):
        for item in new:
            locate(item)
    elif isinstance(new, ast.AST) and not hasattr(new, "wick_id"):
        if isinstance(new, ast.expr | ast.stmt | ast.keyword | ast.excepthandler):
            for name, value in _AT.items():
                setattr(new, name, value)
        for name in new._fields:
            locate(getattr(new, name, None))
