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
        except (TypeError, ValueError, IndexError, RecursionError):
            keys = keys if draw.random() > 0.001 else []


def _varied(call: Call, like: list[Call], draw: random.Random) -> Call:
    entry, args, kwargs = copy.deepcopy(call)
    if _has_objects((args, kwargs)):
        return entry, *_rewired(args, kwargs, draw)
    often = draw.random()
    new = tuple(
        _fresh(value, [c[1][i] for c in like], draw) if draw.random() < 0.35 + often else value
        for i, value in enumerate(args)
    )
    named = {
        name: _fresh(value, [c[2][name] for c in like], draw)
        if draw.random() < 0.35 + often
        else value
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
        return type(value)(_list(sorted(value, key=repr), [list(o) for o in like], draw))
    if isinstance(value, dict):
        return _dict(value, like, draw)
    return copy.deepcopy(draw.choice(like))


def _integer(like: list[int], draw: random.Random) -> int:
    low, high = min(like), max(like)
    if draw.random() < 0.3:
        return max(low, draw.choice(like) + draw.choice((-2, -1, 1, 2))) if low >= 0 else (
            draw.choice(like) + draw.choice((-2, -1, 1, 2))
        )
    floor = low if low >= 0 else low - 3
    return draw.randint(floor, max(floor, min(high, floor + 50) if draw.random() < 0.5 else high))


def _real(like: list[float], draw: random.Random) -> float:
    low, high = min(like), max(like)
    new = draw.uniform(low, high if high > low else high + 1.0)
    return float(round(new)) if all(v == int(v) for v in like if v == v) else round(new, 4)


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
        return "".join(draw.choice(few) for _ in range(draw.randint(min(map(len, like)), top)))
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


def _kept_mixed(value: list[Any], like: list[list[Any]], draw: random.Random) -> list[Any]:
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
        elif all(list(o) == sorted(o)[::-1] for o in like) and any(len(o) > 2 for o in like):
            new = sorted(new)[::-1]
        if all(len(set(o)) == len(o) for o in like):
            new = list(dict.fromkeys(new))
    except TypeError:
        return new
    return new


def _dict(value: dict[Any, Any], like: list[dict[Any, Any]], draw: random.Random) -> Any:
    values = [v for other in like for v in other.values()]
    kept = {k: v for k, v in value.items() if draw.random() < draw.choice((0.7, 1.0))}
    new = {k: _fresh(v, values, draw) if draw.random() < 0.6 else v for k, v in kept.items()}
    pairs = [k for k in value if isinstance(k, tuple) and len(k) == 2]
    if len(pairs) == len(value) and value and draw.random() < 0.7:
        ends = sorted({end for key in pairs for end in key}, key=repr)
        loops = any(a == b for a, b in pairs)
        for _ in range(draw.randint(0, 3)):
            key = (draw.choice(ends), draw.choice(ends))
            if loops or key[0] != key[1]:
                new[key] = _fresh(draw.choice(values), values, draw)
    return new or dict(value)


# --- objects that point at each other ------------------------------------------------


def _is_object(value: Any) -> bool:
    return hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value)


def _has_objects(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_objects, value)) or any(map(_has_objects, value.values()))
    if isinstance(value, list | tuple | set):
        return any(map(_has_objects, value))
    return _is_object(value)


def objects_in(value: Any, found: dict[int, Any] | None = None) -> list[Any]:
    """Return all objects with fields that can be reached, each once, in order."""
    found = {} if found is None else found
    if isinstance(value, dict):
        for key, inner in value.items():
            objects_in(key, found)
            objects_in(inner, found)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            objects_in(inner, found)
    elif _is_object(value) and id(value) not in found:
        found[id(value)] = value
        objects_in(vars(value), found)
    return list(found.values())


def _rewired(
    args: tuple[Any, ...], kwargs: dict[str, Any], draw: random.Random
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with other links, other roots and other numbers."""
    nodes = objects_in((args, kwargs))
    for name in sorted({name for node in nodes for name in vars(node)}):
        _relink(nodes, name, draw)
    _restore_inverses(nodes, objects_in((args, kwargs)))
    new = tuple(_other_root(value, nodes, draw) for value in args)
    return new, {k: _other_root(v, nodes, draw) for k, v in kwargs.items()}


def _relink(nodes: list[Any], name: str, draw: random.Random) -> None:
    lists = [n for n in nodes if isinstance(getattr(n, name, None), list)]
    linked = [n for n in lists if any(map(_is_object, getattr(n, name)))]
    share = draw.choice((0.0, 0.3, 0.7))
    for node in lists if linked else []:
        if draw.random() < share and not _inverse_of(nodes, name):
            count = draw.randint(0, min(3, len(nodes)))
            setattr(node, name, draw.sample(nodes, count))
    single = [n for n in nodes if _is_object(getattr(n, name, None))]
    if single:
        for node in nodes:
            if draw.random() < share / 2:
                setattr(node, name, draw.choice([*nodes, None]))


def _inverse_of(nodes: list[Any], name: str) -> str | None:
    """Return the field that lists the nodes whose `name` lists this one, if there is one."""
    links = {(id(a), id(b)) for a in nodes for b in _listed(a, name)}
    if not links:
        return None
    for other in vars(nodes[0]):
        back = {(id(b), id(a)) for a in nodes for b in _listed(a, other)}
        if other != name and back == links:
            return other
    return None


def _listed(node: Any, name: str) -> list[Any]:
    found = getattr(node, name, None)
    return found if isinstance(found, list) else []


def _restore_inverses(nodes: list[Any], _: list[Any]) -> None:
    return None


def _other_root(value: Any, nodes: list[Any], draw: random.Random) -> Any:
    if _is_object(value):
        return draw.choice(nodes) if draw.random() < 0.5 else value
    if isinstance(value, list) and any(map(_is_object, value)):
        return draw.sample(value, len(value)) if draw.random() < 0.7 else value
    if isinstance(value, dict):
        return {
            k: _fresh(v, [v, v + 3] if isinstance(v, int) else [v], draw)
            for k, v in value.items()
        }
    return value
