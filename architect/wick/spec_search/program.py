"""A spec's body as the program of a search, with the words that its spec allows it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Mapping

from architect.gate import allowed
from architect.gate.scope import scope_of
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
    words = words_of(spec, graph, package)
    return Program(ast.unparse(function), (spec.name,), intent=intent, words=words)


def words_of(spec: Spec, graph: SpecGraph, package: str = "trading") -> Words:
    """Return what a body of the spec may be made of besides its own expressions."""
    scope = scope_of(spec, graph, package)
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
    results = [*_results(spec), *_records(spec, graph)]
    return Words(names, attributes, tuple(_expressions(spec)), tuple(results))


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


def _records(spec: Spec, graph: SpecGraph) -> list[str]:
    """Return the records that shown examples expect, where all their fields are plain."""
    assert spec.returns is not None
    shape = next((one for one in graph if one.class_name == spec.returns.type), None)
    found: dict[str, None] = {}
    if shape is None:
        return []
    for example in spec.examples:
        if example.held_back or not isinstance(example.expect, Mapping):
            continue
        values = {n: _plain(shape, n, v) for n, v in example.expect.items()}
        if all(values.values()):
            given = ", ".join(f"{name}={text}" for name, text in values.items())
            found.setdefault(f"{spec.returns.type}({given})")
    return list(found)[:_RESULTS]


def _plain(shape: Spec, name: str, value: object) -> str:
    """Return a field's value as an expression, empty where it has no plain one."""
    kind = shape.fields[name].type if name in shape.fields else ""
    if "Decimal" in kind:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return f"Decimal({value})" if whole else ""
    if kind == "float" and isinstance(value, int | float) and value == value:
        return repr(float(value))
    return repr(value) if isinstance(value, str | bool | int | None) else ""
