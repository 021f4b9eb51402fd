"""Are the expressions of a drafted spec harmless? Judged before one of them is run.

A spec on disk is a person's, and its expressions are run in trusted processes. A draft is
a model's: its expressions pass the allowlist that bodies pass, and none that may take for
ever as one step. What it lets through is still run with bounded time and memory.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from architect.gate.expressions import PROPERTY_IMPORTS
from architect.gate.scope import Scope, scope_of
from architect.gate.syntax import refusals
from core.contract import TERMS
from core.spec import Spec
from core.spec_graph import SpecGraph

LARGEST_POWER = 32


def unsafe(spec: Spec, graph: SpecGraph, package: str = "trading") -> Iterator[str]:
    """Yield what is not allowed in an expression of a draft, with its place."""
    scope = _scope(spec, graph, package)
    for where, text in expressions(spec):
        source = " ".join(text.split())
        found = refusals(f"return ({source})\n", scope)
        yield from (f"{where}: {source}: {message}" for _, message, _ in found)
        yield from (f"{where}: {source}: {message}" for message in _endless(source))


def expressions(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield every expression of a spec with its place."""
    yield from (("requires", text) for text in spec.requires)
    yield from (("ensures", text) for text in spec.ensures)
    if spec.on_failure != "raise":
        yield "on_failure", spec.on_failure
    yield from ((f"property {p.name!r}", p.check) for p in spec.properties)


def _scope(spec: Spec, graph: SpecGraph, package: str) -> Scope:
    """Return what a body may name, and what expressions see besides."""
    imports = sorted({*spec.imports, *PROPERTY_IMPORTS.values()})
    scope = scope_of(spec.model_copy(update={"imports": imports}), graph, package)
    records = {s.class_name for s in graph if s.kind == "record"}
    names = {"result", "call", *TERMS, *spec.fields, *records}
    fields = {field for s in graph if s.kind == "record" for field in s.fields}
    return replace(
        scope, names=scope.names | names, attributes=scope.attributes | fields
    )


def _endless(source: str) -> Iterator[str]:
    """Yield operations that could build a number without end in one step."""
    for node in ast.walk(ast.parse(source, mode="eval")):
        match node:
            case ast.BinOp(op=ast.LShift()):
                yield "<< is not allowed in a draft"
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                if not _small(right) or _has_power(left):
                    yield f"a power other than a number up to {LARGEST_POWER}"
            case ast.Call(func=ast.Name(id="pow")):
                yield "pow is not allowed in a draft; write **"


def _small(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float() as value):
            return abs(value) <= LARGEST_POWER
    return False


def _has_power(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Pow) for inner in ast.walk(node))
