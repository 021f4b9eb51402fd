"""The rules on zones: a body knows UTC, and the zones that it was given.

A zone's name is looked up in files. The sandbox has none of them, so there a name is
unknown, or no zone at all, and live it is one: so none is looked up.
"""

from __future__ import annotations

import libcst as cst

from architect.gate.walk import Walk

# The position at which these take a zone.
_POSITION = {
    "tz_localize": 0, "tz_convert": 0, "astimezone": 0, "fromtimestamp": 1,
    "fromordinal": 1, "date_range": 4, "DatetimeIndex": 2,
}  # fmt: skip
# Under another name they would pass the rule on calls.
IN_PLACE = frozenset([*_POSITION, "Timestamp"])
_HINT = 'write UTC, "UTC" or None'


def zone_call(walk: Walk, node: cst.Call) -> None:
    """What stands where a zone is taken is UTC or a zone that was given."""
    word = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    place = _POSITION.get(word)
    if place is None:
        return
    for i, arg in enumerate(node.args):
        if arg.star == "*":
            walk.refuse(arg, f"star argument to {word}", "write the arguments out")
        elif arg.keyword is None and i == place:
            zone(walk, arg, arg.value)


def zone(walk: Walk, arg: cst.Arg, value: cst.BaseExpression) -> None:
    """Refuse a zone that may be the name of one."""
    match value:
        case cst.Name(value="UTC") if "UTC" not in walk.bound:
            return
        case cst.Name(value="None"):
            return
        case cst.SimpleString() if value.evaluated_value == "UTC":
            return
        case cst.Attribute(attr=cst.Name(value="tzinfo")):
            return
        case cst.Call(func=cst.Name(value="timezone")):
            return
    walk.refuse(arg, "a zone that may be a name, which only files know", _HINT)
