"""What is searched: a program or a body as a tree that edits change in place.

One tree is parsed once and every edit is put in and taken out again, so a candidate
costs the compilation of one top-level statement and no copy.
"""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property

from architect.wick.search.words import Words

TICK = "_wick_tick"
MOST_TOLD = 12
_QUOTED = re.compile(r"'[^'\n]{1,12}'|\"[^\"\n]{1,12}\"")
_NUMBER = re.compile(r"(?<![\w.])\d{1,9}(?:\.\d+)?(?![\w.]*\d)")


@dataclass(frozen=True)
class Program:
    """Python source; `editable` names the functions that may change, all when empty.

    `intent` is what is said about the program in words; numbers and quotations in it may
    be constants that the program lacks. Without `counted` there are no ticks: as fast as
    it gets, limited by time alone. `words` are what edits may be made of besides.
    """

    source: str
    editable: tuple[str, ...] = ()
    counted: bool = True
    intent: str = ""
    words: Words = field(default_factory=Words)

    @classmethod
    def of_body(cls, signature: str, body: str, prelude: str = "") -> Program:
        """Return the program of a body under `def <signature>:`, after a prelude.

        Example: `of_body("twice(x)", "return x + 1")`.
        """
        head = f"{prelude.rstrip()}\n\n" if prelude.strip() else ""
        text = textwrap.indent(textwrap.dedent(body), "    ")
        name = signature.partition("(")[0].strip()
        return cls(f"{head}def {signature}:\n{text}\n", (name,))

    @cached_property
    def tree(self) -> ast.Module:
        """The working tree, with a tick at each function's and loop's head."""
        tree = ast.parse(self.source)
        _number(tree)
        if self.counted:
            _Ticks().visit(tree)
        return tree

    def told(self) -> list[int | float | str]:
        """Return the constants that the intent names."""
        found: dict[str, int | float | str] = {}
        for text in _QUOTED.findall(self.intent):
            found.setdefault(text, text[1:-1])
        for text in _NUMBER.findall(self.intent):
            found.setdefault(text, float(text) if "." in text else int(text))
        return list(found.values())[:MOST_TOLD]

    def may_edit(self, statement: ast.stmt) -> bool:
        """Tell whether a top-level statement may be changed."""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return False
        return not self.editable or getattr(statement, "name", None) in self.editable

    def text(self) -> str:
        """Return the tree as it stands now, as source."""
        return ast.unparse(_WithoutTicks().visit(copy.deepcopy(self.tree)))

    def body_text(self, source: str) -> str:
        """Return the body of the first editable function within a patch's source."""
        name = self.editable[0]
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return "\n".join(ast.unparse(statement) for statement in node.body)
        raise KeyError(name)


def is_tick(node: ast.AST) -> bool:
    """Tell whether a statement is a tick of ours and not the program's."""
    return getattr(node, "wick_tick", False)


def _number(tree: ast.Module) -> None:
    for number, node in enumerate(ast.walk(tree)):
        node.wick_id = number  # type: ignore[attr-defined]


def _tick(line: int) -> ast.stmt:
    at = {"lineno": line, "col_offset": 0, "end_lineno": line, "end_col_offset": 0}
    call = ast.Call(ast.Name(TICK, ast.Load(), **at), [], [], **at)
    statement = ast.Expr(call, **at)
    statement.wick_tick = True  # type: ignore[attr-defined]
    return statement


class _Ticks(ast.NodeTransformer):
    def _head(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, _tick(node.lineno))  # type: ignore[attr-defined]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _head
    visit_For = visit_AsyncFor = visit_While = _head


class _WithoutTicks(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if is_tick(node) else self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt) and isinstance(body, list) and not body:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node
