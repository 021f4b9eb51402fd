"""Fresh inputs like those that were seen: same shapes and kinds, other values.

Properties that all seen values of one argument share are kept: sorted, distinct,
non-negative, not empty, alphabet, and for objects that point at each other, whether two
fields are each other's inverse.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from architect.wick.search.input_objects import has_objects, rewired

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
_MOST = 40  # items of a drawn collection


def fresh_calls(calls: Sequence[Call], seed: int) -> Iterator[Call]:
    """Yield calls without end; the same seed gives the same ones."""
    draw = random.Random(seed)
    groups: dict[tuple[Any, ...], list[Call]] = {}
    for call in calls:
        groups.setdefault((call[0], len(call[1]), *sorted(call[2])), []).append(call)
    keys = list(groups)
    while keys:
        like = groups[draw.choice(keys)]
        seed_call = draw.choice(like)
        try:
            yield _varied(seed_call, like, draw)
        except (TypeError, ValueError, IndexError, AttributeError, RecursionError):
            keys = keys if draw.random() > 0.001 else []


def _varied(call: Call, like: list[Call], draw: random.Random) -> Call:
    entry, args, kwargs = copy.deepcopy(call)
    if has_objects((args, kwargs)):
        return entry, *rewired(args, kwargs, draw, _fresh)
    often = draw.random()
    new = tuple(
        (
            _fresh(value, [c[1][i] for c in like], draw)
            if draw.random() < 0.35 + often
            else value
        )
        for i, value in enumerate(args)
    )
    named = {
        name: (
            _fresh(value, [c[2][name] for c in like], draw)
            if draw.random() < 0.35 + often
            else value
        )
        for name, value in kwargs.items()
    }
    return entry, new, named


def _fresh(value: Any, like: list[Any], draw: random.Random) -> Any:
    """Return another value of the same shape; `like` are all those that were seen."""
    like = [other for other in like if type(other) is type(value)] or [value]
    if value is None or isinstance(value, bool):
        return draw.choice(like)
    if isinstance(value, int):
        return _integer(like, draw)
    if isinstance(value, float):
        return draw.choice([*like, _real(like, draw), _real(like, draw)])
    if isinstance(value, Decimal):
        return Decimal(str(round(_real([float(v) for v in like], draw), 6)))
    if isinstance(value, str):
        return _text(value, like, draw)
    if isinstance(value, list):
        return _list(value, like, draw)
    if isinstance(value, tuple):
        return tuple(
            _fresh(v, [o[i] for o in like if len(o) == len(value)], draw)
            for i, v in enumerate(value)
        )
    if isinstance(value, set | frozenset):
        return type(value)(
            _list(sorted(value, key=repr), [list(o) for o in like], draw)
        )
    if isinstance(value, dict):
        return _dict(value, like, draw)
    if hasattr(value, "ndim") and draw.random() < 0.7:
        return value * draw.choice((0.5, 1.25, 2.0, 10.0))
    return copy.deepcopy(draw.choice(like))


def _integer(like: list[int], draw: random.Random) -> int:
    """Return a whole number near one that was seen, or between them, or a little beyond."""
    low, high = min(like), max(like)
    floor = low if low >= 0 else low - 3
    way = draw.random()
    if way < 0.3:
        return max(floor, draw.choice(like) + draw.choice((-2, -1, 1, 2)))
    if way < 0.5:
        return draw.randint(floor, high + draw.choice((2, 8, 250)))
    top = min(high, floor + 50) if way < 0.75 else high
    return draw.randint(floor, max(floor, top))


def _real(like: list[float], draw: random.Random) -> float:
    low, high = min(like), max(like)
    new = draw.uniform(low, high if high > low else high + 1.0)
    return (
        float(round(new)) if all(v == int(v) for v in like if v == v) else round(new, 4)
    )


def _text(value: str, like: list[str], draw: random.Random) -> str:
    letters = sorted({c for text in like for c in text})
    if not letters:
        return value
    if min(map(len, like)) == max(map(len, like)) == 1:
        return draw.choice(like)
    way = draw.randrange(4)
    if way == 0 or not value:
        few = letters[: draw.randint(1, len(letters))]
        top = min(_MOST, max(map(len, like)))
        return "".join(
            draw.choice(few) for _ in range(draw.randint(min(map(len, like)), top))
        )
    at = draw.randrange(len(value))
    if way == 1:
        return value[:at] + value[at + 1 :]
    if way == 2:
        return value[:at] + draw.choice(letters) + value[at:]
    stop = draw.randint(at, len(value))
    return value[at:stop] or value[at:]


def _list(value: list[Any], like: list[list[Any]], draw: random.Random) -> list[Any]:
    items = [item for other in like for item in other]
    if not items:
        return list(value)
    if any(isinstance(item, list | tuple | str) for item in items) and _mixed(items):
        return _kept_mixed(value, like, draw)
    lengths = [len(other) for other in like]
    top = min(max(lengths) + 1, _MOST)
    length = draw.randint(min(lengths), max(top, min(lengths)))
    if draw.random() < 0.3:
        length = len(value)
    new = [_fresh(draw.choice(items), items, draw) for _ in range(length)]
    if draw.random() < 0.4:
        new = [draw.choice([a, b]) for a, b in zip(value, new, strict=False)] or new
    return _kept(new, like)


def _mixed(items: list[Any]) -> bool:
    return len({type(item) for item in items}) > 1


def _kept_mixed(
    value: list[Any], like: list[list[Any]], draw: random.Random
) -> list[Any]:
    """Vary a list whose items differ in kind in place: its order may be a grammar."""
    new = []
    for item in value:
        same = [o for other in like for o in other if type(o) is type(item)]
        new.append(_fresh(item, same, draw) if draw.random() < 0.5 else item)
    return new


def _kept(new: list[Any], like: list[list[Any]]) -> list[Any]:
    """Give a list the properties that all the seen ones have."""
    try:
        if all(list(o) == sorted(o) for o in like) and any(len(o) > 2 for o in like):
            new = sorted(new)
        elif all(list(o) == sorted(o)[::-1] for o in like) and any(
            len(o) > 2 for o in like
        ):
            new = sorted(new)[::-1]
        if all(len(set(o)) == len(o) for o in like):
            new = list(dict.fromkeys(new))
    except TypeError:
        return new
    return new


def _dict(
    value: dict[Any, Any], like: list[dict[Any, Any]], draw: random.Random
) -> Any:
    values = [v for other in like for v in other.values()]
    kept = {k: v for k, v in value.items() if draw.random() < draw.choice((0.7, 1.0))}
    new = {
        k: _fresh(v, values, draw) if draw.random() < 0.6 else v
        for k, v in kept.items()
    }
    pairs = [k for k in value if isinstance(k, tuple) and len(k) == 2]
    if len(pairs) == len(value) and value and draw.random() < 0.7:
        ends = sorted({end for key in pairs for end in key}, key=repr)
        loops = any(a == b for a, b in pairs)
        for _ in range(draw.randint(0, 3)):
            key = (draw.choice(ends), draw.choice(ends))
            if loops or key[0] != key[1]:
                new[key] = _fresh(draw.choice(values), values, draw)
    return new or dict(value)
