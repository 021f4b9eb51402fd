"""Fresh inputs that are objects pointing at each other: other links, roots and numbers.

Where two fields are each other's inverse, both sides change together and no new link
closes a circle.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

TABLES = frozenset({"numpy", "pandas"})
Fresh = Callable[[Any, list[Any], random.Random], Any]


def is_object(value: Any) -> bool:
    """Tell whether a value is an instance of a program's own class."""
    return (
        hasattr(value, "__dict__")
        and not isinstance(value, type)
        and not callable(value)
        # A series has fields too, and none of them is a link to be changed.
        and type(value).__module__.partition(".")[0] not in TABLES
    )


def has_objects(value: Any) -> bool:
    """Tell whether a value is, or holds, such an instance."""
    if isinstance(value, dict):
        return any(map(has_objects, value)) or any(map(has_objects, value.values()))
    if isinstance(value, list | tuple | set):
        return any(map(has_objects, value))
    return is_object(value)


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
    elif is_object(value) and id(value) not in found:
        found[id(value)] = value
        objects_in(vars(value), found)
    return list(found.values())


def rewired(
    args: tuple[Any, ...], kwargs: dict[str, Any], draw: random.Random, fresh: Fresh
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with other links, other roots and other numbers."""
    nodes = objects_in((args, kwargs))
    for name in sorted({name for node in nodes for name in vars(node)}):
        _relink(nodes, name, draw)
    new = tuple(_other_root(value, nodes, draw, fresh) for value in args)
    return new, {k: _other_root(v, nodes, draw, fresh) for k, v in kwargs.items()}


def _relink(nodes: list[Any], name: str, draw: random.Random) -> None:
    inverse = _inverse_of(nodes, name)
    if inverse:
        if name < inverse and draw.random() < 0.7:
            _relink_both(nodes, name, inverse, draw)
        return
    lists = [n for n in nodes if isinstance(getattr(n, name, None), list)]
    linked = [n for n in lists if any(map(is_object, getattr(n, name)))]
    share = draw.choice((0.0, 0.3, 0.7))
    for node in lists if linked else []:
        if draw.random() < share:
            count = draw.randint(0, min(3, len(nodes)))
            setattr(node, name, draw.sample(nodes, count))
    single = [n for n in nodes if is_object(getattr(n, name, None))]
    if single:
        for node in nodes:
            if draw.random() < share / 2:
                setattr(node, name, draw.choice([*nodes, None]))


def _inverse_of(nodes: list[Any], name: str) -> str | None:
    """Return the field that lists the nodes whose `name` lists this one, if there is one."""
    links = {(id(a), id(b)) for a in nodes for b in _listed(a, name)}
    if not links:
        return None
    for other in map(str, vars(nodes[0])):
        back = {(id(b), id(a)) for a in nodes for b in _listed(a, other)}
        if other != name and back == links:
            return other
    return None


def _relink_both(
    nodes: list[Any], name: str, inverse: str, draw: random.Random
) -> None:
    """Drop and add links on both sides; no new link closes a circle."""
    links = [(a, b) for a in nodes for b in _listed(a, name) if draw.random() < 0.8]
    for _ in range(draw.randint(0, 3)):
        a, b = draw.choice(nodes), draw.choice(nodes)
        if a is not b and (a, b) not in links and not _reaches(b, a, links):
            links.append((a, b))
    for node in nodes:
        setattr(node, name, [b for a, b in links if a is node])
        setattr(node, inverse, [a for a, b in links if b is node])


def _reaches(start: Any, goal: Any, links: list[tuple[Any, Any]]) -> bool:
    seen, todo = set(), [start]
    while todo:
        node = todo.pop()
        if node is goal:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            todo += [b for a, b in links if a is node]
    return False


def _listed(node: Any, name: str) -> list[Any]:
    found = getattr(node, name, None)
    return found if isinstance(found, list) else []


def _other_root(value: Any, nodes: list[Any], draw: random.Random, fresh: Fresh) -> Any:
    if is_object(value):
        return draw.choice(nodes) if draw.random() < 0.5 else value
    if isinstance(value, list) and any(map(is_object, value)):
        return draw.sample(value, len(value)) if draw.random() < 0.7 else value
    if isinstance(value, dict):
        return {
            k: fresh(v, [v, v + 3] if isinstance(v, int) else [v], draw)
            for k, v in value.items()
        }
    return value
