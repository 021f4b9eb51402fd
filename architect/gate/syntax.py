"""The allowlist, walked over libcst: syntax nodes, names and attributes of one body.

Whatever is not allowed here by its kind, its name or its place is a finding. Nothing is
inferred about values: an attribute is allowed by its name, and a module or a port only
where it stands before a dot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from architect.gate import allowed
from architect.gate.hints import NODES, instead_of
from architect.gate.scope import Scope
from architect.gate.syntax_nodes import ALLOWED_NODES, PLACE_HOLDERS

MAX_STRING = 200
MAX_NUMBER = 40


class Walk:
    """One pass over one body; `findings` are (node, message, hint)."""

    def __init__(self, module: cst.Module, scope: Scope) -> None:
        self.scope = scope
        self.nodes = list(_walk(module, None))
        self.parents = {id(node): parent for node, parent in self.nodes}
        self.findings: list[tuple[cst.CSTNode, str, str | None]] = []
        self.bound: set[str] = set()
        self.not_loads: set[int] = set()

    def run(self) -> list[tuple[cst.CSTNode, str, str | None]]:
        """Return all findings, in the order of the text."""
        for node, _ in self.nodes:
            self._bind(node)
        for node, _ in self.nodes:
            if type(node) not in ALLOWED_NODES:
                self._refuse_node(node)
            check = _CHECKS.get(type(node))
            if check is not None:
                check(self, node)
        return self.findings

    def refuse(self, node: cst.CSTNode, message: str, hint: str | None = None) -> None:
        """Note one finding."""
        self.findings.append((node, message, hint))

    def parent(self, node: cst.CSTNode) -> Any:
        """Return the node that holds this one."""
        return self.parents[id(node)]

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around this one, nearest first."""
        parent = self.parent(node)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def _refuse_node(self, node: cst.CSTNode) -> None:
        kind = type(node).__name__
        self.refuse(
            node, f"{_readable(kind)} is not allowed in a body", NODES.get(kind)
        )

    # --- what is bound ---------------------------------------------------------------

    def _bind(self, node: cst.CSTNode) -> None:
        """Note the names that this node binds, and those that are no loads."""
        match node:
            case cst.AssignTarget() | cst.AnnAssign() | cst.AugAssign():
                self._target(node.target)
            case cst.For() | cst.CompFor() | cst.NamedExpr():
                self._target(node.target)
            case cst.Param(name=name) | cst.FunctionDef(name=name):
                self._target(name)
            case cst.AsName(name=name):
                self._target(name)
            case cst.MatchAs(name=cst.Name() as name) | cst.MatchStar(
                name=cst.Name() as name
            ):
                self._target(name)
            case cst.MatchMapping(rest=cst.Name() as name):
                self._target(name)
            case cst.Attribute(attr=name) | cst.MatchKeywordElement(key=name):
                self.not_loads.add(id(name))
            case cst.Arg(keyword=cst.Name() as name):
                self.not_loads.add(id(name))

    def _target(self, target: cst.CSTNode) -> None:
        match target:
            case cst.Name(value=name):
                self.bound.add(name)
                self.not_loads.add(id(target))
                self._bindable(target, name)
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                for element in elements:
                    self._target(element.value)
            case cst.Subscript():
                pass
            case cst.StarredElement(value=value):
                self._target(value)
            case _:
                hint = "build a new value; dataclasses.replace for a record"
                self.refuse(target, "assignment to an attribute", hint)

    def _bindable(self, node: cst.Name, name: str) -> None:
        if name in self.scope.taken:
            self.refuse(
                node, f"{name!r} is taken and may not be bound", "choose another name"
            )
        elif name.startswith("_") and name != "_":
            self.refuse(
                node, f"name {name!r} begins with an underscore", "leave it out"
            )

    # --- names and attributes ----------------------------------------------------------

    def name(self, node: cst.Name) -> None:
        """Check a name that is read."""
        name, scope = node.value, self.scope
        if not name.isascii():
            self.refuse(node, f"name {name!r} is not ASCII", "use a to z")
        if id(node) in self.not_loads or name in PLACE_HOLDERS:
            return
        if name in scope.modules or name in scope.ports:
            self._before_a_dot(node, name)
        elif name == "type":
            self._type(node)
        elif name == "attrgetter":
            self._attrgetter(node)
        elif name not in scope.names and name not in self.bound:
            known = scope.names | scope.modules.keys() | scope.ports.keys() | self.bound
            self.refuse(
                node, f"name {name!r} is not known here", instead_of(name, known)
            )

    def _before_a_dot(self, node: cst.Name, name: str) -> None:
        parent = self.parent(node)
        if isinstance(parent, cst.Attribute) and parent.value is node:
            return
        if name in self.scope.ports and self._handed_to_used(parent):
            return
        kind = "port" if name in self.scope.ports else "module"
        members = self.scope.ports.get(name) or self.scope.modules.get(name) or {"name"}
        hint = f"write {name}.{min(members)} or the like"
        self.refuse(node, f"{kind} {name!r} is no value", hint)

    def _handed_to_used(self, arg: cst.CSTNode) -> bool:
        call = self.parent(arg)
        return (
            isinstance(arg, cst.Arg)
            and arg.star == ""
            and isinstance(call, cst.Call)
            and isinstance(call.func, cst.Name)
            and call.func.value in self.scope.uses
        )

    def _type(self, node: cst.Name) -> None:
        call = self.parent(node)
        direct = isinstance(call, cst.Call) and call.func is node
        if not (direct and len(call.args) == 1 and _plain(call.args[0])):
            self.refuse(node, "type(...) with other than one value", "use isinstance")

    def _attrgetter(self, node: cst.Name) -> None:
        call = self.parent(node)
        if not (isinstance(call, cst.Call) and call.func is node):
            self.refuse(
                node, "attrgetter as a value", "call it in place, or use a lambda"
            )
            return
        for arg in call.args:
            value = arg.value
            if not (_plain(arg) and isinstance(value, cst.SimpleString)):
                self.refuse(
                    arg, "attrgetter of a computed name", "use a lambda and a dot"
                )
                continue
            for word in str(value.evaluated_value).split("."):
                self._attribute_name(arg, word)

    def attribute(self, node: cst.Attribute) -> None:
        """Check what stands after a dot."""
        word, base = node.attr.value, node.value
        if isinstance(base, cst.Name):
            members = self.scope.modules.get(base.value) or self.scope.ports.get(
                base.value
            )
            if members is not None or base.value in self.scope.ports:
                self._member(node, base.value, word, members or frozenset())
                return
        self._attribute_name(node, word)
        if word in allowed.LAMBDA_ONLY:
            self._lambda_only(node, word)

    def _member(
        self, node: cst.CSTNode, base: str, word: str, members: frozenset[str]
    ) -> None:
        if word not in members:
            kind = "port" if base in self.scope.ports else "module"
            hint = instead_of(word, members)
            if hint is None and kind == "port":
                hint = f"it has {', '.join(sorted(members))}"
            self.refuse(node, f"{kind} {base!r} has no allowed {word!r}", hint)

    def _attribute_name(self, node: cst.CSTNode, word: str) -> None:
        if word.startswith("_"):
            self.refuse(
                node, f"attribute {word!r} begins with an underscore", "leave it out"
            )
        elif word not in self.scope.attributes:
            hint = instead_of(word, self.scope.attributes)
            self.refuse(node, f"attribute {word!r} is not allowed here", hint)

    def _lambda_only(self, node: cst.Attribute, word: str) -> None:
        call = self.parent(node)
        direct = isinstance(call, cst.Call) and call.func is node
        first = call.args[0] if direct and call.args else None
        if (
            first is None
            or not _plain(first)
            or not isinstance(first.value, cst.Lambda)
        ):
            hint = f"write .{word}(lambda x: ...), or call the method itself"
            self.refuse(node, f"{word} takes a lambda, written in place, first", hint)

    # --- single nodes ------------------------------------------------------------------

    def call(self, node: cst.Call) -> None:
        """Check dtypes: a datetime made from text would read the clock."""
        func = node.func
        word = func.attr.value if isinstance(func, cst.Attribute) else ""
        place = allowed.DTYPE_POSITION.get(word)
        for i, arg in enumerate(node.args):
            keyword = arg.keyword.value if arg.keyword else None
            if keyword is not None and keyword.startswith("_"):
                self.refuse(arg, f"argument {keyword!r} begins with an underscore")
            positional = place is not None and keyword is None and i >= place
            if keyword == "dtype" or positional:
                self._dtype(arg)
            elif place is not None and arg.star:
                self.refuse(arg, f"star argument to {word}", "write the arguments out")

    def _dtype(self, arg: cst.Arg) -> None:
        match arg.value:
            case cst.SimpleString() as text if text.evaluated_value in allowed.DTYPES:
                return
            case cst.Name(value=name) if name in allowed.DTYPES:
                return
            case cst.Attribute(value=cst.Name(value="np"), attr=cst.Name(value=name)):
                if name in allowed.DTYPES:
                    return
        hint = f"write one of {', '.join(sorted(allowed.DTYPES))}"
        self.refuse(arg, "a dtype that is not written out as an allowed one", hint)

    def function(self, node: cst.FunctionDef) -> None:
        """An inner function: no decorators (not among the nodes), fresh defaults."""
        self._depth(node, cst.FunctionDef, 1, "a function in an inner function")

    def lambda_(self, node: cst.Lambda) -> None:
        """A lambda may hold one lambda, no more."""
        self._depth(node, cst.Lambda, 2, "lambdas nested as an escape from lines")

    def _depth(self, node: cst.CSTNode, kind: type, most: int, what: str) -> None:
        if sum(isinstance(above, kind) for above in self.above(node)) >= most:
            self.refuse(node, what, "split the module: one more spec")

    def param(self, node: cst.Param) -> None:
        """A default that can change would keep state between calls."""
        default = node.default
        constant = (
            cst.Name,
            cst.Integer,
            cst.Float,
            cst.SimpleString,
            cst.UnaryOperation,
        )
        if default is not None and not isinstance(default, constant):
            self.refuse(node, "a computed default", "write the value inside")

    def yield_(self, node: cst.Yield) -> None:
        """A module answers with a value, so only an inner function may yield."""
        if not any(isinstance(above, cst.FunctionDef) for above in self.above(node)):
            self.refuse(node, "yield in the body itself", "return a list")

    def handler(self, node: cst.ExceptHandler) -> None:
        """An except names kinds that are allowed."""
        if node.type is None:
            self.refuse(node, "a bare except", "name the kinds that you expect")
            return
        kind = node.type
        parts = (
            [e.value for e in kind.elements] if isinstance(kind, cst.Tuple) else [kind]
        )
        for part in parts:
            known = isinstance(part, cst.Name) and part.value in self.scope.exceptions
            if not known:
                word = part.value if isinstance(part, cst.Name) else "an expression"
                hint = instead_of(str(word), self.scope.exceptions)
                self.refuse(node, f"except {word}: not a kind that may be caught", hint)

    def match_class(self, node: cst.MatchClass) -> None:
        """A class pattern names a builtin type or a record, and its allowed fields."""
        cls = node.cls
        if not (isinstance(cls, cst.Name) and cls.value in self.scope.classes):
            self.refuse(
                node, "a class pattern of an unknown class", "name a type or a record"
            )
        for element in node.kwds:
            self._attribute_name(element, element.key.value)

    def string(self, node: cst.SimpleString) -> None:
        """A string stands on one line and can be read."""
        if "\n" in node.value:
            self.refuse(node, "a string over several lines", "use one line")
        elif len(node.value) > MAX_STRING:
            self.refuse(node, f"a string of {len(node.value)} characters", "shorten it")

    def formatted(self, node: cst.FormattedString) -> None:
        """As `string`; what stands in braces is checked as code."""
        if '"""' in node.start or "'''" in node.start:
            self.refuse(node, "a string in triple quotes", "use one line")

    def number(self, node: cst.Integer | cst.Float) -> None:
        """A number can be read."""
        if len(node.value) > MAX_NUMBER:
            self.refuse(node, f"a number of {len(node.value)} digits", "shorten it")


def _plain(arg: cst.Arg) -> bool:
    return arg.star == "" and arg.keyword is None


def _readable(kind: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in kind).split()
    return f"`{' '.join(words)}`"


_SKIPPED = ("libcst._nodes.whitespace", "libcst._nodes.op")


def _walk(
    node: cst.CSTNode, parent: cst.CSTNode | None
) -> Iterator[tuple[cst.CSTNode, cst.CSTNode | None]]:
    yield node, parent
    for child in node.children:
        if type(child).__module__ not in _SKIPPED:
            yield from _walk(child, node)


_CHECKS: dict[type, Callable[[Walk, Any], None]] = {
    cst.Name: Walk.name,
    cst.Attribute: Walk.attribute,
    cst.Call: Walk.call,
    cst.FunctionDef: Walk.function,
    cst.Lambda: Walk.lambda_,
    cst.Param: Walk.param,
    cst.Yield: Walk.yield_,
    cst.ExceptHandler: Walk.handler,
    cst.MatchClass: Walk.match_class,
    cst.SimpleString: Walk.string,
    cst.FormattedString: Walk.formatted,
    cst.Integer: Walk.number,
    cst.Float: Walk.number,
}


def lines_of(module: cst.Module, nodes: list[cst.CSTNode]) -> list[int]:
    """Return the line of each node; dear, so only asked for when something is wrong."""
    places = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return [places[node].start.line for node in nodes]


def refusals(body: str, scope: Scope) -> list[tuple[int, str, str | None]]:
    """Return (line, message, hint) for each thing that is not allowed."""
    try:
        module = cst.parse_module(body)
    except cst.ParserSyntaxError as error:
        return [(error.raw_line, f"syntax error: {error.message}", None)]
    found = Walk(module, scope).run()
    if not found:
        return []
    lines = lines_of(module, [node for node, _, _ in found])
    triples = [
        (line, text, hint) for line, (_, text, hint) in zip(lines, found, strict=True)
    ]
    return sorted(dict.fromkeys(triples), key=lambda triple: triple[0])
