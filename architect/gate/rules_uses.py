"""The rules on used modules: nothing of them may tell the gate from the running system.

In the gate a used module's error passes through. When live it is contained: the call is
answered by an earlier version or by `on_failure`. So no body catches it. And in the gate
a used module is a function, when live a dispatcher: so none stands as a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

from architect.gate import allowed
from architect.gate.walk import Walk

_CALLING = frozenset(["map", "filter", "reduce"])
_AT_ONCE = frozenset(
    ["list", "tuple", "set", "dict", "sum", "sorted", "min", "max", "any", "all"]
)
_LATER = (cst.Lambda, cst.GeneratorExp, cst.FunctionDef)
_BINDING = (
    cst.Assign,
    cst.AnnAssign,
    cst.AugAssign,
    cst.NamedExpr,
    cst.For,
    cst.CompFor,
)
# Names that stand for a call to come; True where calling one may give another such.
Carriers = dict[str, bool]


def used(walk: Walk, node: cst.Name) -> None:
    """A used module is called, or handed to what calls it."""
    if not (walk.is_called(node) or _by_key(walk, node) or _by_map(walk, node)):
        hint = f"call it in place: {node.value}(...), or in a lambda"
        walk.refuse(node, f"{node.value} as a value", hint)


def applied(walk: Walk, node: cst.Attribute) -> None:
    """No method that pandas applies a function by is handed a call of a used module, or
    of a port.

    Some errors pandas catches itself: then it calls the function again, on something
    else, or, for a frame of no rows, goes on as if there had been none.
    """
    uses = {*walk.scope.uses, *walk.scope.ports}
    if not uses or not walk.is_called(node):
        return
    hint = (
        "pandas would catch its error, and may call it again on something else: call it "
        "outside, on the whole series, or in a comprehension"
    )
    names = [name for arg in walk.parent(node).args for name in _names(walk, arg)]
    found = [name for name in names if name.value in uses]
    if not found:
        carriers = _carriers(walk, uses)
        found = [name for name in names if name.value in carriers]
    for name in found:
        walk.refuse(name, f"{name.value} within {node.attr.value}", hint)


def try_(walk: Walk, node: cst.Try) -> None:
    """Nothing in a `try` calls a used module whose error the handlers catch."""
    uses = _contained(walk, node)
    if not uses:
        return
    hint = (
        "a used module's error is contained when live, and never comes here: call it "
        "outside of the try, and only with arguments that it takes"
    )
    uses |= {*_carriers(walk, uses)}
    for name in _names(walk, node.body):
        if name.value in uses:
            walk.refuse(name, f"{name.value} in a try that catches its error", hint)


def _contained(walk: Walk, node: cst.Try) -> set[str]:
    """Return the used modules whose errors would be caught here, but never when live.

    What an action passes on from a port rises when live too, unless it has an on_failure.
    """
    caught = {
        name.value
        for handler in node.handlers
        if handler.type is not None
        for name in _names(walk, handler.type)
    }
    if caught & allowed.EXCEPTIONS:
        return set(walk.scope.uses)
    return set(walk.scope.answered) if caught else set()


def _carriers(walk: Walk, uses: set[str]) -> Carriers:
    """Return the names that stand for a call to come of one of these."""
    found: Carriers = {}
    while True:
        before = dict(found)
        for node, _ in walk.nodes:
            for name, deep in _carries(walk, node, uses, found):
                found[name] = found.get(name, False) or deep
        if found == before:
            return found


def _carries(
    walk: Walk, node: cst.CSTNode, uses: set[str], found: Carriers
) -> Iterator[tuple[str, bool]]:
    """Yield what a node makes carry a call; `found` is what carries one already."""
    match node:
        case cst.FunctionDef(name=name):
            if any(one.value in {*uses, *found} for one in _names(walk, node.body)):
                yields = any(
                    isinstance(one, cst.Yield) and node in walk.above(one)
                    for one, _ in walk.nodes
                )
                yield name.value, yields or _any_later(walk, [node.body], uses, found)
        case cst.Call(func=func, args=args) if _any_later(walk, args, uses, found):
            # Who is handed it may call it: the functions here, or what holds some.
            yield from ((name, True) for name in _parameters(walk))
            if isinstance(func, cst.Attribute):
                yield from ((one.value, True) for one in _names(walk, func.value))
        case cst.Match(subject=subject) if _any_later(walk, [subject], uses, found):
            yield from ((name, True) for name in _captured(walk, node))
        case _ if isinstance(node, _BINDING) and _any_later(walk, [node], uses, found):
            value = getattr(node, "value", None)
            deep = not isinstance(value, cst.Lambda) or _any_later(
                walk, [value.body], uses, found
            )
            yield from ((name, deep) for name in _targets(node))


def _any_later(
    walk: Walk, nodes: Sequence[cst.CSTNode], uses: set[str], found: Carriers
) -> bool:
    return any(
        found.get(name.value, False)
        or (name.value in {*uses, *found} and _is_later(walk, name, node))
        for node in nodes
        for name in _names(walk, node)
    )


def _captured(walk: Walk, match: cst.CSTNode) -> Iterator[str]:
    """Yield the names that the patterns of a match bind."""
    for node, _ in walk.nodes:
        name = node.rest if isinstance(node, cst.MatchMapping) else None
        if isinstance(node, cst.MatchAs | cst.MatchStar):
            name = node.name
        if isinstance(name, cst.Name) and match in walk.above(node):
            yield name.value


def _is_later(walk: Walk, name: cst.Name, top: cst.CSTNode) -> bool:
    """Tell whether what a name stands for is called only once `top` has been done."""
    # A port stands only where it is called, or handed to a used module that is.
    called = walk.is_called(name) or name.value in walk.scope.ports
    if not (called or _runs_here(walk, name)):
        return True
    for above in walk.above(name):
        if isinstance(above, _LATER) and not _runs_here(walk, above):
            return True
        if above is top:
            break
    return False


def _runs_here(walk: Walk, node: cst.CSTNode) -> bool:
    """Tell whether a function, or an iterator, is done with where it stands."""
    generator = isinstance(node, cst.GeneratorExp)
    if _by_key(walk, node) or (generator and _is_at_once(walk, node)):
        return True
    call = walk.parent(walk.parent(node)) if _by_map(walk, node) else None
    return call is not None and (
        _calls(walk, call, frozenset(["reduce"])) or _is_at_once(walk, call)
    )


def _is_at_once(walk: Walk, node: cst.CSTNode) -> bool:
    """Tell whether all items of an iterator are taken right where it is made."""
    arg = walk.parent(node)
    call = walk.parent(arg) if isinstance(arg, cst.Arg) else None
    return isinstance(call, cst.Call) and _calls(walk, call, _AT_ONCE)


def _by_key(walk: Walk, node: cst.CSTNode) -> bool:
    match arg := walk.parent(node):
        case cst.Arg(keyword=cst.Name(value="key")):
            return _calls(walk, walk.parent(arg), frozenset(["sorted", "min", "max"]))
    return False


def _by_map(walk: Walk, node: cst.CSTNode) -> bool:
    arg = walk.parent(node)
    if not (isinstance(arg, cst.Arg) and arg.star == "" and arg.keyword is None):
        return False
    call = walk.parent(arg)
    return (
        isinstance(call, cst.Call)
        and call.args[0] is arg
        and _calls(walk, call, _CALLING)
    )


def _calls(walk: Walk, call: cst.CSTNode, names: frozenset[str]) -> bool:
    """Tell whether it is a call of one of these, and not of a namesake of the body."""
    return (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Name)
        and call.func.value in names - walk.bound
    )


def _names(walk: Walk, top: cst.CSTNode) -> Iterator[Any]:
    """Yield the names that are read in a node."""
    for node, _ in walk.nodes:
        read = isinstance(node, cst.Name) and walk.is_load(node)
        if read and (node is top or top in walk.above(node)):
            yield node


def _targets(node: Any) -> Iterator[str]:
    """Yield the names that a statement binds or changes."""
    targets = node.targets if isinstance(node, cst.Assign) else [node]
    for target in targets:
        todo = [target.target]
        while todo:
            one = todo.pop()
            if isinstance(one, cst.Name):
                yield one.value
            else:
                todo += one.children


def _parameters(walk: Walk) -> Iterator[str]:
    for node, _ in walk.nodes:
        if isinstance(node, cst.Param):
            yield node.name.value
