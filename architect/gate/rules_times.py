"""The rules on times: pandas and numpy read the clock from some texts.

"now" and "today" are the time of the call, and "12:00" is of its day. So what pandas makes
a time of is a date that is written out, or what can be no such text.
"""

from __future__ import annotations

import re

import libcst as cst

from architect.gate.hints import USUAL
from architect.gate.rules_texts import hour_text
from architect.gate.walk import Walk

_TABLES = frozenset(["pd", "np"])
_CLOCK = frozenset(["now", "today"])
# The others of PANDAS_TIME make spans, which no clock has a part in.
_MAKES_TIMES = frozenset(["Timestamp", "to_datetime", "date_range", "DatetimeIndex"])
# Keywords of these that are no time.
_WORDS = """
    unit freq periods tz utc format errors dayfirst yearfirst normalize name inclusive fold
    cache exact ambiguous copy
"""
_SETTINGS = frozenset(_WORDS.split())
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_NUMBERS = frozenset(["int", "float", "len", "range"])
_KINDS = frozenset(["int", "int64", "float", "float64", "int32", "float32"])
# Of texts these make nothing.
_ARITHMETIC = (cst.Subtract, cst.Divide, cst.FloorDivide, cst.Power)
_HINT = 'write a date ("2024-01-31"), or .astype("int64") or int(...) around the value'


def clock_text(walk: Walk, node: cst.SimpleString | cst.ConcatenatedString) -> None:
    """No text stands for the time of the call where something may read it so; texts that
    stand side by side are one."""
    text = node.evaluated_value
    if _TABLES & walk.scope.modules.keys() and isinstance(text, str | bytes):
        word = text.decode("latin-1") if isinstance(text, bytes) else text
        if word.strip().lower() in _CLOCK:
            walk.refuse(node, f"the text {word!r} reads the clock", USUAL["now"])
        hour_text(walk, node, word)


def time_call(walk: Walk, node: cst.Call) -> None:
    """What pandas makes a time of cannot be a text that reads the clock."""
    match node.func:
        case cst.Attribute(value=cst.Name(value="pd"), attr=cst.Name(value=word)):
            pass
        case _:
            return
    if word not in _MAKES_TIMES:
        return
    for arg in node.args:
        setting = arg.keyword is not None and arg.keyword.value in _SETTINGS
        if arg.star or not (setting or _is_typed(walk, arg.value)):
            walk.refuse(
                arg, f"{word} of what may be a text that reads the clock", _HINT
            )


def _is_typed(walk: Walk, node: cst.BaseExpression) -> bool:
    """Tell whether a value is a date that is written out, a number, or what was given."""
    match node:
        case cst.SimpleString():
            return _DATE.fullmatch(str(node.evaluated_value)) is not None
        case cst.Integer() | cst.Float() | cst.Name(value="None"):
            return True
        case cst.List(elements=parts) | cst.Tuple(elements=parts):
            return all(
                isinstance(part, cst.Element) and _is_typed(walk, part.value)
                for part in parts
            )
        case cst.UnaryOperation(operator=cst.Minus()):
            return True
        case cst.BinaryOperation(operator=operator):
            return isinstance(operator, _ARITHMETIC)
        case cst.Call():
            return _makes_numbers(node) or _is_datetime(node)
    return _is_given(walk, node)


def _makes_numbers(call: cst.Call) -> bool:
    match call.func, call.args:
        case cst.Name(value=name), _:
            return name in _NUMBERS
        case cst.Attribute(attr=cst.Name(value="timestamp")), _:
            return True
        case cst.Attribute(attr=cst.Name(value="astype")), [cst.Arg(value=kind)]:
            match kind:
                case cst.SimpleString():
                    return kind.evaluated_value in _KINDS
                case cst.Name(value=word) | cst.Attribute(attr=cst.Name(value=word)):
                    return word in _KINDS
    return False


def _is_datetime(call: cst.Call) -> bool:
    match call.func:
        case cst.Name(value="datetime"):
            return True
        case cst.Attribute(value=cst.Name(value="datetime")):
            return True
    return False


def _is_given(walk: Walk, node: cst.BaseExpression) -> bool:
    """Tell whether a value is a parameter or a part of one: no text of the body's own."""
    while isinstance(node, cst.Attribute | cst.Subscript):
        node = node.value
    return (
        isinstance(node, cst.Name)
        and node.value in walk.scope.names
        and node.value not in walk.bound
    )
