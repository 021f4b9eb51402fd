"""Bend a drawn call so that it keeps the common `requires`, instead of throwing it away.

`fast < slow`, `len(a) == len(b)`, `total == one + other`, `close_to(total, one + other)`,
`non_decreasing(times)` and `unique(names)` hold by chance too seldom. What cannot be bent
here is left to the filter.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.spec import Spec

Arguments = dict[str, Any]
Repair = Callable[[Arguments], Arguments]


def repaired(spec: Spec, arguments: Arguments) -> Arguments:
    """Return the arguments with every known repair done."""
    for repair in _repairs(tuple(spec.requires)):
        bent = repair(arguments)
        if all(_within(spec, name, value) for name, value in bent.items()):
            arguments = bent
    return arguments


def _within(spec: Spec, name: str, value: Any) -> bool:
    """Tell whether a number lies in the range of its parameter or field."""
    domain = spec.params.get(name) or spec.fields[name]
    if domain.range is None or not isinstance(value, (int, float, Decimal)):
        return True
    low, high = domain.range
    return low <= value <= high


@lru_cache(maxsize=256)
def _repairs(requires: tuple[str, ...]) -> tuple[Repair, ...]:
    found = (_repair(ast.parse(text.strip(), mode="eval").body) for text in requires)
    return tuple(repair for repair in found if repair is not None)


def _repair(node: ast.expr) -> Repair | None:
    match node:
        case ast.Call(func=ast.Name(id="non_decreasing"), args=[ast.Name(id=name)]):
            return lambda arguments: _changed(arguments, name, sorted)
        case ast.Call(func=ast.Name(id="unique"), args=[ast.Name(id=name)]):
            return lambda arguments: _changed(arguments, name, _distinct)
        case ast.Call(
            func=ast.Name(id="close_to"), args=[ast.Name(id=name), total]
        ) if _is_sum(total):
            return _computed(name, total)
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Eq()], comparators=[total]
        ) if _is_sum(total):
            return _computed(name, total)
        case ast.Compare(left=left, ops=ops, comparators=rest):
            return _ordering([left, *rest], ops)
    return None


def _changed(
    arguments: Arguments, name: str, change: Callable[[Any], Any]
) -> Arguments:
    value = arguments[name]
    return {**arguments, name: change(value)} if isinstance(value, list) else arguments


def _distinct(items: list[Any]) -> list[Any]:
    return [item for i, item in enumerate(items) if item not in items[:i]]


def _is_sum(node: ast.expr) -> bool:
    """Tell whether it adds, takes away or multiplies names."""
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return all(isinstance(s, ast.Name) or _is_sum(s) for s in (left, right))
    return False


def _computed(name: str, total: ast.expr) -> Repair | None:
    """Return the repair that gives `name` the value that the others make."""
    parts = {node.id for node in ast.walk(total) if isinstance(node, ast.Name)}
    if name in parts:
        return None
    code = compile(ast.Expression(total), "<requires>", "eval")

    def repair(arguments: Arguments) -> Arguments:
        if not {name, *parts} <= set(arguments):
            return arguments
        plain = {part: arguments[part] for part in parts}
        kinds = {type(value) for value in (arguments[name], *plain.values())}
        if len(kinds) > 1 or not kinds <= {int, float, Decimal}:
            return arguments
        return {**arguments, name: eval(code, {"__builtins__": {}}, plain)}

    return repair


def _ordering(sides: list[ast.expr], ops: list[ast.cmpop]) -> Repair | None:
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    if len(names) == len(sides):
        if all(isinstance(op, (ast.Lt, ast.LtE)) for op in ops):
            return lambda arguments: _sorted(arguments, names)
        if all(isinstance(op, (ast.Gt, ast.GtE)) for op in ops):
            return lambda arguments: _sorted(arguments, names[::-1])
    lengths = [_length_of(side) for side in sides]
    if all(isinstance(op, ast.Eq) for op in ops) and None not in lengths:
        return lambda arguments: _cut(arguments, [name for name in lengths if name])
    return None


def _length_of(node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            return name
    return None


def _sorted(arguments: Arguments, names: list[str]) -> Arguments:
    if not set(names) <= set(arguments):
        return arguments
    values = [arguments[name] for name in names]
    if len({type(value) for value in values}) > 1 or hasattr(values[0], "iloc"):
        return arguments
    return {**arguments, **dict(zip(names, sorted(values), strict=True))}


def _cut(arguments: Arguments, names: list[str]) -> Arguments:
    if any(not isinstance(arguments.get(name), list) for name in names):
        return arguments
    shortest = min(len(arguments[name]) for name in names)
    return {**arguments, **{name: arguments[name][:shortest] for name in names}}
