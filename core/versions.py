"""One version of a module in memory, and which of several may stand in for another."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.manifest import Entry, Manifest


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one module, ready to be called."""

    name: str
    entry: Entry
    call: Callable[..., Any]

    @property
    def id(self) -> str:
        """Its short name, as in the manifest and in reflections."""
        return self.entry.version

    @property
    def shape(self) -> inspect.Signature:
        """How it is called: names, order, defaults and types, that of the answer too."""
        return inspect.signature(self.call)


def last_alike(
    versions: Sequence[Version], shape: inspect.Signature | None
) -> Version | None:
    """Return the last version of this shape, None where none is.

    Callers are written for one shape. Handed a version of another they fail before its
    wrapper's `try`, where nothing contains it, or give it what it takes for another thing.
    """
    return next((one for one in reversed(versions) if one.shape == shape), None)


def without_unjudged(
    history: Mapping[str, Sequence[Version]], fresh: Collection[Version]
) -> dict[str, list[Version]]:
    """Return the versions by module, oldest first, less what must not stand in any more
    beside those that have just gone live, for nobody judged it with them.

    That are users that a fresh one was accepted without; users, through any chain, of
    modules whose spec is another now; and versions by another spec of what a fresh one
    uses. The last of each is what runs, and stays; the fresh ones are the last of theirs.
    """
    live = Manifest({name: kept[-1].entry for name, kept in history.items()})
    unjudged = {pair for version in fresh for pair in version.entry.unjudged}
    changed = {
        version.name for version in fresh if _spec_changed(history, version.name)
    }
    used = {name for version in fresh for name in live.needs(version.name)}

    def stays(version: Version, lives: Version) -> bool:
        name, entry = version.name, version.entry
        if name in used and entry.spec != lives.entry.spec:
            return False
        needs = live.with_entry(name, entry).needs(name)
        return f"{name}@{version.id}" not in unjudged and needs.isdisjoint(changed)

    return {
        name: [one for one in kept[:-1] if stays(one, kept[-1])] + [kept[-1]]
        for name, kept in history.items()
    }


def _spec_changed(history: Mapping[str, Sequence[Version]], name: str) -> bool:
    specs = [version.entry.spec for version in history[name][-2:]]
    return len(set(specs)) > 1
