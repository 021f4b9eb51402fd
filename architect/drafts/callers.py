"""Who calls a module, hand-written code included: what a change of its signature breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import core
from core.spec import Spec
from core.spec_graph import SpecGraph

_NAMED = re.compile(r"""\[["']([a-z][a-z0-9_]*)["']\]""")


def hand_written(name: str) -> list[str]:
    """Return the files of the running system that call a module by name."""
    return [place for place, found in _named().items() if name in found]


@cache
def _named() -> dict[str, frozenset[str]]:
    folder = Path(core.__file__).parent
    texts = {p: p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.py"))}
    return {
        f"core/{path.relative_to(folder).as_posix()}": frozenset(_NAMED.findall(text))
        for path, text in texts.items()
    }


def unused(name: str, graph: SpecGraph) -> Iterator[str]:
    """Yield a warning for a module that nobody reaches."""
    if graph.specs[name].kind == "record" or graph.dependents(name):
        return
    if not hand_written(name):
        yield "nothing calls it: it goes live and does nothing until something uses it"


def changed_signature(old: Spec, new: Spec) -> Iterator[str]:
    """Yield what hand-written callers of a changed module would no longer find."""
    callers = hand_written(old.name)
    if old.kind != new.kind:
        yield f"its kind changes from {old.kind} to {new.kind}; make a new module"
    if not callers or old.kind == "record":
        return
    place = callers[0]
    gone = [name for name in old.params if name not in new.params]
    if gone:
        yield f"{', '.join(gone)} may not go: {place} gives it"
    for name, param in new.params.items():
        if name not in old.params and not param.has_default:
            yield f"{name} is new and has no default, but {place} does not give it"
        elif name in old.params and old.params[name].type != param.type:
            yield f"{name} may not become a {param.type}: {place} gives a {old.params[name].type}"
    if old.returns and new.returns and old.returns.type != new.returns.type:
        yield f"it has to return a {old.returns.type}: {place} takes it"
    if list(old.ports.items()) != list(new.ports.items()):
        yield f"its ports may not change: {place} gives them"
