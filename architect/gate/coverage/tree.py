"""One module's function as a tree that can be changed and compiled into code."""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any

from core.errors import GateError


def function_of(module: str, name: str) -> ast.FunctionDef:
    """Return the function of a module's text, without decorator, types and docstring."""
    for node in ast.parse(module).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            node.decorator_list, node.returns = [], None
            node.args.defaults, node.args.kw_defaults = [], []
            for arg in node.args.args:
                arg.annotation = None
            if ast.get_docstring(node) is not None:
                del node.body[0]
            return node
    raise GateError(f"{name}: its module defines no function {name}")


def compiled(function: ast.FunctionDef) -> CodeType:
    """Return the function's code; SyntaxError or ValueError for a tree that has none."""
    whole: Any = ast.Module([function], [])
    consts = compile(whole, "<body>", "exec", dont_inherit=True).co_consts
    return next(const for const in consts if isinstance(const, CodeType))
