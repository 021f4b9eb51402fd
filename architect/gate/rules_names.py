"""The rules on names and attributes: what a body reads, and from where.

Nothing is inferred about values: an attribute is allowed by its name, a module or a
port only where it stands before a dot.
"""

from __future__ import annotations

import itertools

import libcst as cst

from architect.gate import allowed
from architect.gate.hints import instead_of
from architect.gate.rules_uses import applied, used
from architect.gate.rules_zones import IN_PLACE
from architect.gate.syntax_nodes import PLACE_HOLDERS
from architect.gate.walk import Walk

# Methods that take a dtype by its place; the others of that table are of a module.
_OF_A_VALUE = frozenset(["astype", "to_numpy", "reduce", "accumulate"])


def name_read(walk: Walk, node: cst.Name) -> None:
    """A name that is read is known; a few may only stand in certain places."""
    name, scope = node.value, walk.scope
    if not name.isascii():
        walk.refuse(node, f"name {name!r} is not ASCII", "use a to z")
    if not walk.is_load(node) or name in PLACE_HOLDERS:
        return
    if name in scope.modules or name in scope.ports:
        _before_a_dot(walk, node, name)
    elif name in scope.uses:
        used(walk, node)
    elif name == "type":
        _type(walk, node)
    elif name == "attrgetter":
        _attrgetter(walk, node)
    elif name not in scope.names and name not in walk.bound:
        known = scope.names | scope.modules.keys() | scope.ports.keys() | walk.bound
        walk.refuse(node, f"name {name!r} is not known here", instead_of(name, known))


def _before_a_dot(walk: Walk, node: cst.Name, name: str) -> None:
    parent = walk.parent(node)
    if isinstance(parent, cst.Attribute) and parent.value is node:
        return
    if name in walk.scope.ports and _handed_to_used(walk, parent, name):
        return
    kind = "port" if name in walk.scope.ports else "module"
    members = walk.scope.ports.get(name) or walk.scope.modules.get(name) or {"name"}
    walk.refuse(
        node, f"{kind} {name!r} is no value", f"write {name}.{min(members)} or the like"
    )


def _handed_to_used(walk: Walk, arg: cst.CSTNode, port: str) -> bool:
    """Tell whether a port is handed to a used module, as the port that it takes there.

    As another argument its text would tell whether the tests play it.
    """
    call = walk.parent(arg)
    match call, arg:
        case cst.Call(func=cst.Name(value=used)), cst.Arg(star="", keyword=keyword):
            taken = walk.scope.uses.get(used, {})
        case _:
            return False
    if keyword is not None:
        return taken.get(keyword.value) == walk.scope.ports[port]
    before = call.args[: call.args.index(arg)]
    kinds = [*taken.values()][len(before) : len(before) + 1]
    return kinds == [walk.scope.ports[port]] and all(is_plain(one) for one in before)


def _type(walk: Walk, node: cst.Name) -> None:
    # Not as a value: type(type(x)) is `type` itself, which makes classes.
    call = walk.parent(node)
    one = walk.is_called(node) and len(call.args) == 1 and is_plain(call.args[0])
    if not (
        one and isinstance(walk.parent(call), (cst.Comparison, cst.ComparisonTarget))
    ):
        walk.refuse(node, "type(x) other than in a comparison", "use isinstance")


def _attrgetter(walk: Walk, node: cst.Name) -> None:
    if not walk.is_called(node):
        walk.refuse(node, "attrgetter as a value", "call it in place, or use a lambda")
        return
    for arg in walk.parent(node).args:
        if not (is_plain(arg) and isinstance(arg.value, cst.SimpleString)):
            walk.refuse(arg, "attrgetter of a computed name", "use a lambda and a dot")
            continue
        for word in str(arg.value.evaluated_value).split("."):
            attribute_name(walk, arg, word)


def attribute(walk: Walk, node: cst.Attribute) -> None:
    """What stands after a dot is a member of that module or port, or an allowed name."""
    word, base, scope = node.attr.value, node.value, walk.scope
    if word in IN_PLACE:
        _zoned_in_place(walk, node, word)
    if isinstance(base, cst.Name) and base.value in {*scope.modules, *scope.ports}:
        _member(walk, node, base.value, word)
        return
    attribute_name(walk, node, word)
    if word in allowed.APPLYING:
        _known_function(walk, node, word)
        applied(walk, node)
    if word in _OF_A_VALUE:
        _called_in_place(walk, node, word)


def attribute_name(walk: Walk, node: cst.CSTNode, word: str) -> None:
    """An attribute of a value is on the allowlist of this spec."""
    if word.startswith("_"):
        walk.refuse(
            node, f"attribute {word!r} begins with an underscore", "leave it out"
        )
    elif word not in walk.scope.attributes:
        hint = instead_of(word, walk.scope.attributes)
        walk.refuse(node, f"attribute {word!r} is not allowed here", hint)


def _member(walk: Walk, node: cst.Attribute, base: str, word: str) -> None:
    kind = "port" if base in walk.scope.ports else "module"
    members = walk.scope.ports[base] if kind == "port" else walk.scope.modules[base]
    if word not in members:
        hint = instead_of(word, members)
        if hint is None and kind == "port":
            hint = f"it has {', '.join(sorted(members))}"
        walk.refuse(node, f"{kind} {base!r} has no allowed {word!r}", hint)
    elif kind == "module":
        _called_in_place(walk, node, word)
    elif not walk.is_called(node):
        # As a value it would tell by its text whether the tests play the port.
        hint = f"call it in place: {base}.{word}(...)"
        walk.refuse(node, f"{base}.{word} as a value", hint)


def _called_in_place(walk: Walk, node: cst.Attribute, word: str) -> None:
    """What takes a dtype may not be called by another name, past the rule on calls."""
    if word not in allowed.DTYPE_POSITION or walk.is_called(node):
        return
    if word not in ("Series", "DataFrame", "Index") or not _in_isinstance(walk, node):
        walk.refuse(node, f"{word} as a value", "call it in place")


def _zoned_in_place(walk: Walk, node: cst.Attribute, word: str) -> None:
    if walk.is_called(node) or isinstance(walk.parent(node), cst.Attribute):
        return
    if not _in_isinstance(walk, node):
        walk.refuse(node, f"{word} as a value", "call it in place")


def _in_isinstance(walk: Walk, node: cst.CSTNode) -> bool:
    """Alone as an argument, or in a tuple that is one."""
    around = itertools.islice(walk.above(node), 4)
    call = next((above for above in around if isinstance(above, cst.Call)), None)
    return (
        call is not None
        and isinstance(call.func, cst.Name)
        and call.func.value == "isinstance"
    )


def _known_function(walk: Walk, node: cst.Attribute, word: str) -> None:
    call, lambdas = walk.parent(node), word in allowed.LAMBDA_ONLY
    first = call.args[0] if walk.is_called(node) and call.args else None
    if first is not None and is_plain(first) and _is_known(first.value, lambdas):
        return
    if lambdas:
        hint = f"write .{word}(lambda x: ...), or call the method itself"
        walk.refuse(node, f"{word} takes a lambda, written in place, first", hint)
    else:
        hint = "write the expression on the whole series, or use .map(lambda x: ...)"
        walk.refuse(node, f"{word} takes names only, written in place, first", hint)


def _is_known(value: cst.BaseExpression, lambdas: bool) -> bool:
    match value:
        case cst.Lambda():
            return lambdas
        case cst.SimpleString():
            return value.evaluated_value in allowed.BY_NAME
        case cst.List(elements=elements) | cst.Dict(elements=elements):
            return all(
                isinstance(element, (cst.Element, cst.DictElement))
                and _is_known(element.value, lambdas)
                for element in elements
            )
    return False


def is_plain(arg: cst.Arg) -> bool:
    """Tell whether an argument is positional and not starred."""
    return arg.star == "" and arg.keyword is None
