"""Who calls a module, hand-written code included: what a change of its signature breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import architect
import core
from core.spec import Spec
from core.spec_graph import SpecGraph

_NAMED = re.compile(r"""\[["']([a-z][a-z0-9_]*)["']\]""")
# As a value: a table or a constant of names, told from a common word by its underscore.
_QUOTED = re.compile(r"""["']([a-z][a-z0-9]*_[a-z0-9_]*)["']""")
_CLASS = re.compile(r"\b[A-Z][A-Za-z0-9]*\b")


def hand_written(name: str) -> list[str]:
    """Return the files of the running system that call a module by name."""
    return [place for place, found in _found(_NAMED, core).items() if name in found]


@cache
def _found(pattern: re.Pattern[str], package: ModuleType) -> dict[str, frozenset[str]]:
    """Return what a pattern finds in each hand-written file of a package."""
    folder = Path(package.__path__[0])
    texts = {p: p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.py"))}
    return {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": frozenset(
            pattern.findall(text)
        )
        for path, text in texts.items()
    }


def still_used(
    name: str, before: Mapping[str, Spec], kept: Mapping[str, Spec]
) -> Iterator[str]:
    """Yield why a spec may not go: the specs that use it still, the code that names it."""
    spec = before[name]
    users = [s.name for s in kept.values() if _uses(s, spec)]
    if users:
        yield (
            f"{name} may not go: {', '.join(users)} use{'s' * (len(users) == 1)} it;"
            " change or remove what uses it too"
        )
    if spec.kind == "record":
        places = _naming(_CLASS, spec.class_name)
    else:
        places = [*hand_written(name), *_naming(_QUOTED, name)]
    if places:
        yield f"{name} may not go: {', '.join(dict.fromkeys(places))} needs it"


def _uses(user: Spec, spec: Spec) -> bool:
    if spec.kind == "record":
        return spec.class_name in user.record_types or spec.name in user.uses
    return spec.name in user.uses


def _naming(pattern: re.Pattern[str], word: str) -> list[str]:
    both = {**_found(pattern, core), **_found(pattern, architect)}
    return [place for place, found in both.items() if word in found]


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
