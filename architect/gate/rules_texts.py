"""The rules on texts beside times: none is made that nobody can read in the body.

pandas makes a time of a text that is compared with times, or put among them, and of "now"
and "12:00" it makes one of the call. So where it may hold times, such a text is neither
written out nor made of parts, and what holds a text is followed by its names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from architect.gate import allowed
from architect.gate.walk import Walk

_HOUR = re.compile(r"\s*\d?\d:")
_HINT = (
    'pandas reads "now" and "12:00" as times of the call: write whole texts, dates with '
    "their year, or make the text in a module without tables"
)
_MAKERS = frozenset(["str", "repr", "ascii", "chr", "format", "bytes", "hex", "oct"])
_WRITERS = frozenset(
    ["decode", "strftime", "isoformat", "hexdigest", "add_prefix", "add_suffix"]
)
# Of a text, or of what holds some, these tell something and make none of their own.
_TELLING = """
    index count find rfind rindex startswith endswith isin isalnum isalpha isascii isdecimal
    isdigit islower isnumeric isspace istitle isupper notna isna isnull notnull size shape
    eq ne encode difference intersection issubset issuperset isdisjoint
"""
_TELLS = frozenset(_TELLING.split())
_HOLDING = """
    append appendleft extend extendleft insert setdefault update get pop popleft items keys
    values copy sort reverse remove discard clear union most_common elements
"""
_HOLDS = frozenset(_HOLDING.split())
_TABLING = "Series Index DataFrame array asarray full where select isin"
_OF_TABLES = frozenset(_TABLING.split())
_CALLING = frozenset(["map", "apply", "agg", "aggregate", "transform", "reduce"])
# What these answer is no text, whatever they are given.
_OTHERS = """
    abs all any bool Decimal datetime divmod float int isinstance len ord pow range round
    sum timedelta
"""
_NO_TEXT = frozenset(_OTHERS.split())
_JOINS = (cst.Add, cst.Multiply, cst.Modulo)
_JOINS_TO = (cst.AddAssign, cst.MultiplyAssign, cst.ModuloAssign)


def hour_text(walk: Walk, node: cst.BaseString, text: str) -> None:
    """No hour without its day stands where pandas may read it: it takes today."""
    if not walk.scope.times or not _HOUR.match(text):
        return
    call = walk.parent(walk.parent(node))
    match call:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="at_time"))):
            return
    walk.refuse(node, f"the text {text!r} is an hour of the day of the call", _HINT)


def built(walk: Walk, module: cst.Module) -> None:
    """No text is made of parts, but for what an error says that nobody catches."""
    if not walk.scope.times:
        return
    texts = _Texts(walk)
    caught = any(isinstance(node, cst.Try) for node, _ in walk.nodes)
    for node, _ in walk.nodes:
        if texts.makes(node) and (caught or not _is_raised(walk, node)):
            walk.refuse(node, "a text that is made of parts, beside times", _HINT)


def _is_raised(walk: Walk, node: cst.CSTNode) -> bool:
    return any(isinstance(above, cst.Raise) for above in walk.above(node))


class _Texts:
    """What of a body may hold a text of its own; `names` stand for such."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.names = walk, {*_MAKERS}
        self.nodes = [node for node, _ in walk.nodes]
        before = -1
        while before != len(self.names):
            before = len(self.names)
            for node in self.nodes:
                self.names |= {*self._bound(node)}

    def makes(self, node: cst.CSTNode) -> bool:
        """Tell whether a node makes a text of others, or of parts of one."""
        match node:
            case cst.FormattedString(parts=parts):
                return any(isinstance(p, cst.FormattedStringExpression) for p in parts)
            case cst.BinaryOperation(operator=operator):
                joins = isinstance(operator, _JOINS)
                return joins and (self.holds(node.left) or self.holds(node.right))
            case cst.AugAssign(operator=operator):
                joins = isinstance(operator, _JOINS_TO)
                return joins and (self.holds(node.target) or self.holds(node.value))
            case cst.Subscript(value=value, slice=parts):
                cuts = any(isinstance(part.slice, cst.Slice) for part in parts)
                whole = not (cuts or isinstance(value, cst.SimpleString))
                return not whole and self.holds(value)
            case cst.Name(value=name) if name in _MAKERS:
                return self.walk.is_load(node) and not self._is_asked_for(node)
            case cst.Call(func=cst.Attribute(value=of, attr=cst.Name(value=word))):
                return self._method_makes(of, word, node)
        return False

    def _is_asked_for(self, node: cst.Name) -> bool:
        """Tell whether a kind only stands where a value's kind is looked at."""
        holder = self.walk.parent(node)
        if isinstance(holder, cst.Element):  # isinstance(x, (str, int))
            holder = self.walk.parent(self.walk.parent(holder))
        if isinstance(holder, cst.Arg):
            call = self.walk.parent(holder)
            return isinstance(call.func, cst.Name) and call.func.value == "isinstance"
        looking = cst.Comparison | cst.ComparisonTarget | cst.MatchClass
        return isinstance(holder, looking)

    def _method_makes(self, of: cst.CSTNode, word: str, call: cst.Call) -> bool:
        if word in _WRITERS:
            return True
        if self._is_module(of) or word == "join":
            told = any(self.holds(arg.value) for arg in call.args if not arg.keyword)
            return (told and word not in _OF_TABLES | allowed.PANDAS_TIME) or (
                word == "join" and self.holds(of)
            )
        if word == "add" and isinstance(self.walk.parent(call), cst.Expr):
            return False  # to a set
        return word not in _TELLS | _HOLDS and self.holds(of)

    def holds(self, node: cst.CSTNode) -> bool:
        """Tell whether what a node gives may be a text of the body's own, or hold one."""
        match node:
            case cst.SimpleString():
                return bool(node.evaluated_value)
            case cst.ConcatenatedString() | cst.FormattedString():
                return True
            case cst.Name(value=name):
                return name in self.names
            case cst.Comparison():
                return False
            case cst.Subscript(value=value) | cst.Attribute(value=value):
                return self.holds(value)
            case cst.DictElement(value=value) | cst.Lambda(body=value):
                return self.holds(value)
            case cst.Call():
                return self._answers(node)
        return any(map(self.holds, node.children))

    def _answers(self, call: cst.Call) -> bool:
        given = [arg.value for arg in call.args]
        match call.func:
            case cst.Name(value=name) if name in _NO_TEXT:
                return False
            case cst.Attribute(value=of, attr=cst.Name(value=word)):
                if self._is_module(of):
                    if word in allowed.PANDAS_TIME:
                        return False
                    given = [arg.value for arg in call.args if arg.keyword is None]
                elif self.holds(of):
                    return word not in _TELLS
                else:
                    # The first of these is what is looked for; of a table's methods they
                    # are settings.
                    given = given[1:] if word in ("get", "pop", "setdefault") else []
                    given += [call.args[0].value] if word in ("map", "apply") else []
            case _:
                given = [*given, call.func]
        return any(map(self.holds, given))

    def _is_module(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Name) and node.value in self.walk.scope.modules

    def _bound(self, node: cst.CSTNode) -> Iterator[str]:
        """Yield the names that may hold a text by what a node does."""
        match node:
            case cst.For(target=target, iter=value) | cst.CompFor(
                target=target, iter=value
            ) if self.holds(value):
                yield from _names(target)
            case cst.AnnAssign() | cst.AugAssign() | cst.NamedExpr() | cst.Assign():
                if node.value is not None and self.holds(node.value):
                    targets = node.targets if isinstance(node, cst.Assign) else [node]
                    for one in targets:
                        yield from _names(one.target)
            case cst.Call(func=cst.Attribute(value=of, attr=cst.Name(value=word))):
                if word in _HOLDS | {"add"} and any(
                    self.holds(a.value) for a in node.args
                ):
                    yield from _names(of)
                elif word in _CALLING:
                    yield from self._parameters(node)
            case cst.Call(func=func):
                if not (isinstance(func, cst.Name) and func.value in _NO_TEXT):
                    yield from self._parameters(node)
            case cst.Param(name=name, default=default):
                if default is not None and self.holds(default):
                    yield name.value
            case cst.FunctionDef(name=name, body=body):
                answers = [
                    n for n in _below(body) if isinstance(n, cst.Return | cst.Yield)
                ]
                if any(map(self.holds, answers)):
                    yield name.value
            case cst.Match(subject=subject) if self.holds(subject):
                for pattern in _below(node):
                    if isinstance(pattern, cst.MatchAs | cst.MatchStar):
                        yield from _names(pattern)
            case cst.AsName(name=name):
                yield from _names(name)

    def _parameters(self, call: cst.Call) -> Iterator[str]:
        """Whoever is handed a text may hand it to any function of the body."""
        if any(self.holds(arg.value) for arg in call.args):
            yield from (n.name.value for n in self.nodes if isinstance(n, cst.Param))


def _names(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Subscript | cst.Attribute):
        yield from _names(target.value)
        return
    yield from (node.value for node in _below(target) if isinstance(node, cst.Name))


def _below(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _below(child)
