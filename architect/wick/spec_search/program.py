"""A spec's body as the program of a search, with the words that its spec allows it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from architect.gate import allowed
from architect.gate.scope import Scope, scope_of
from architect.port_methods import methods
from architect.wick.search import Program
from architect.wick.search.words import Words
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_header import render_header

_PIECES, _RESULTS, _LARGEST = 60, 8, 14
_NO_PARTS = (ast.Name, ast.Constant, ast.Starred, ast.Slice, ast.FormattedValue)


def program_of(
    spec: Spec, graph: SpecGraph, body: str, package: str = "trading"
) -> Program:
    """Return the bare function of a body; its decorator's contract is checked apart."""
    header = render_header(spec, package)
    tree = ast.parse(header + textwrap.indent(body, "    "))
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef))
    function.decorator_list = []
    function.body = function.body[1:]  # without its docstring
    function.returns = None
    for argument in function.args.args:
        argument.annotation = None
    intent = f"{spec.intent}\n{spec.notes or ''}"
    words = words_of(spec, scope_of(spec, graph, package), package)
    return Program(ast.unparse(function), (spec.name,), intent=intent, words=words)


def words_of(spec: Spec, scope: Scope, package: str = "trading") -> Words:
    """Return what a body of the spec may be made of besides its own expressions."""
    given = scope.names - allowed.BUILTINS - scope.exceptions
    names = {
        name: "str" if name.isupper() else "call"
        for name in sorted(given - {*spec.params, *spec.ports, spec.name})
    }
    names |= dict.fromkeys(sorted(scope.modules), "module")
    attributes = scope.attributes.union(*scope.modules.values())
    attributes |= {
        m.name for port in spec.ports.values() for m in methods(port, package)
    }
    return Words(names, attributes, tuple(_expressions(spec)), tuple(_results(spec)))


def _expressions(spec: Spec) -> list[str]:
    """Return the parts of the spec's claims that do not speak of a result."""
    texts = [*spec.requires, *spec.ensures, *(p.check for p in spec.properties)]
    if spec.on_failure != "raise":
        texts.append(spec.on_failure)
    found: dict[str, None] = {}
    for text in texts:
        for part in _parts(text):
            found.setdefault(part)
    return list(found)[:_PIECES]


def _parts(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text.strip(), mode="eval").body):
        if not isinstance(node, ast.expr) or isinstance(node, _NO_PARTS):
            continue
        inside = list(ast.walk(node))
        named = {n.id for n in inside if isinstance(n, ast.Name)}
        if len(inside) <= _LARGEST and not named & {"result", "call"}:
            yield ast.unparse(node)


def _results(spec: Spec) -> list[str]:
    """Return what may be answered early: the safe value, and plain expected ones."""
    found: dict[str, None] = {}
    if spec.on_failure != "raise":
        found.setdefault(ast.unparse(ast.parse(spec.on_failure.strip(), mode="eval")))
    assert spec.returns is not None
    kind = spec.returns.type
    for example in spec.examples:
        if example.held_back or not example.expects_value:
            continue
        value = example.expect
        if kind == "Decimal" and str(value) in ("0", "1"):
            found.setdefault(f"Decimal({value})")
        elif kind == "float" and value != value:
            found.setdefault("float('nan')")
        elif isinstance(value, str | bool | int | float) and "Decimal" not in kind:
            found.setdefault(repr(value))
    return list(found)[:_RESULTS]
