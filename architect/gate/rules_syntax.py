"""The rules on single pieces of syntax: calls, inner functions, except, match, literals."""

from __future__ import annotations

import libcst as cst

from architect.gate import allowed
from architect.gate.hints import USUAL, instead_of
from architect.gate.rules_names import attribute_name
from architect.gate.rules_times import clock_text, time_call
from architect.gate.rules_zones import zone, zone_call
from architect.gate.walk import Walk

MAX_STRING = 200
MAX_NUMBER = 40
_CONSTANT = (cst.Name, cst.Integer, cst.Float, cst.SimpleString, cst.UnaryOperation)


def call(walk: Walk, node: cst.Call) -> None:
    """Dtypes are written out: a datetime64 made from text would read the clock."""
    word = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    place = allowed.DTYPE_POSITION.get(word)
    for i, arg in enumerate(node.args):
        if arg.star == "**":
            _double_star(walk, arg, word, place)
        elif arg.keyword is not None:
            _keyword(walk, arg, arg.keyword.value, arg.value)
        elif place is not None and i >= place:
            _dtype(walk, arg, arg.value)
        elif place is not None and arg.star:
            walk.refuse(arg, f"star argument to {word}", "write the arguments out")
    time_call(walk, node)
    zone_call(walk, node)


def _keyword(walk: Walk, arg: cst.Arg, word: str, value: cst.BaseExpression) -> None:
    if word.startswith("_"):
        walk.refuse(arg, f"argument {word!r} begins with an underscore")
    if word == "dtype":
        _dtype(walk, arg, value)
    elif word == "tz":
        zone(walk, arg, value)
    elif word == "inplace":
        walk.refuse(arg, "argument 'inplace' changes what was given", USUAL[word])
    elif word in ("signature", "sig"):
        # Where numpy takes dtypes too.
        walk.refuse(arg, f"argument {word!r}", "leave it out, or use .astype")


def _double_star(walk: Walk, arg: cst.Arg, word: str, place: int | None) -> None:
    """Keywords that can be read are as good as written out; others may hide one."""
    pairs = literal_keywords(walk, arg.value)
    if pairs is not None:
        for key, value in pairs:
            _keyword(walk, arg, key, value)
    elif place is not None or (word and word not in allowed.KEYWORDS_OPEN):
        walk.refuse(arg, f"** argument to {word}", "write the arguments out")


def literal_keywords(
    walk: Walk, value: cst.CSTNode
) -> list[tuple[str, cst.BaseExpression]] | None:
    """Return the keywords of `**{"a": x}`, or of `**name` where the name is bound once,
    to such a dict, and is used for nothing else; None where they cannot be read."""
    if isinstance(value, cst.Name):
        value = walk.only_dict(value.value) or value
    if not isinstance(value, cst.Dict):
        return None
    pairs = []
    for element in value.elements:
        key = element.key if isinstance(element, cst.DictElement) else None
        if not isinstance(key, cst.SimpleString):
            return None
        word = key.evaluated_value
        if not isinstance(word, str):
            return None
        pairs.append((word, element.value))
    return pairs


def _dtype(walk: Walk, arg: cst.Arg, value: cst.BaseExpression) -> None:
    values = [value]
    if isinstance(value, cst.Dict):
        values = [element.value for element in value.elements]
    if not all(_dtype_word(value) in allowed.DTYPES for value in values):
        hint = f"write one of {', '.join(sorted(allowed.DTYPES))}"
        walk.refuse(arg, "a dtype that is not written out as an allowed one", hint)


def _dtype_word(value: cst.CSTNode) -> str:
    match value:
        case cst.SimpleString():
            return str(value.evaluated_value)
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=cst.Name(value="np"), attr=cst.Name(value=name)):
            return name
    return ""


def function(walk: Walk, node: cst.FunctionDef) -> None:
    """An inner function holds no further one."""
    _depth(walk, node, cst.FunctionDef, 1, "a function in an inner function")


def lambda_(walk: Walk, node: cst.Lambda) -> None:
    """A lambda may hold one lambda, no more."""
    _depth(walk, node, cst.Lambda, 2, "lambdas nested as an escape from lines")


def _depth(walk: Walk, node: cst.CSTNode, kind: type, most: int, what: str) -> None:
    if sum(isinstance(above, kind) for above in walk.above(node)) >= most:
        walk.refuse(node, what, "split the module: one more spec")


def param(walk: Walk, node: cst.Param) -> None:
    """A default that can change would keep state between calls."""
    if node.default is not None and not isinstance(node.default, _CONSTANT):
        walk.refuse(node, "a computed default", "write the value inside")


def yield_(walk: Walk, node: cst.Yield) -> None:
    """A module answers with a value, so only an inner function may yield."""
    if not any(isinstance(above, cst.FunctionDef) for above in walk.above(node)):
        walk.refuse(node, "yield in the body itself", "return a list")


def handler(walk: Walk, node: cst.ExceptHandler) -> None:
    """An except names kinds that may be caught."""
    kind = node.type
    if kind is None:
        walk.refuse(node, "a bare except", USUAL["Exception"])
        return
    parts = [e.value for e in kind.elements] if isinstance(kind, cst.Tuple) else [kind]
    for part in parts:
        word = part.value if isinstance(part, cst.Name) else "an expression"
        if word not in walk.scope.caught:
            hint = instead_of(word, walk.scope.caught)
            walk.refuse(node, f"except {word}: not a kind that may be caught", hint)


def match_class(walk: Walk, node: cst.MatchClass) -> None:
    """A class pattern names a builtin type or a record, and its allowed fields."""
    cls = node.cls
    if not (isinstance(cls, cst.Name) and cls.value in walk.scope.classes):
        walk.refuse(
            node, "a class pattern of an unknown class", "name a type or a record"
        )
    for element in node.kwds:
        attribute_name(walk, element, element.key.value)


def string(walk: Walk, node: cst.SimpleString) -> None:
    """A string stands on one line and can be read."""
    if "\n" in node.value:
        walk.refuse(node, "a string over several lines", "use one line")
    elif len(node.value) > MAX_STRING:
        walk.refuse(node, f"a string of {len(node.value)} characters", "shorten it")
    clock_text(walk, node)


def formatted(walk: Walk, node: cst.FormattedString) -> None:
    """As `string`; what stands in braces is judged as code."""
    if '"""' in node.start or "'''" in node.start:
        walk.refuse(node, "a string in triple quotes", "use one line")


def number(walk: Walk, node: cst.Integer | cst.Float) -> None:
    """A number can be read."""
    if len(node.value) > MAX_NUMBER:
        walk.refuse(node, f"a number of {len(node.value)} digits", "shorten it")
