"""Which accepted versions must not go live yet, for it would make a pair that nobody judged.

The gate judges a version beside what is accepted, the running system may lag behind that:
a user whose spec changed too is built minutes later, and the class of a record is changed
by a start alone. What is right beside the one may be wrong beside the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.manifest import Manifest
from core.registry import Registry

RESTART = "end architect up and start it again"
# Who sets the bars of versions that a start finds beside what they were not judged with.
UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Hold:
    """What a version waits for, and what a person does about it."""

    why: str
    mend: str

    def __str__(self) -> str:
        return f"held back: {self.why}; {self.mend}"


@dataclass(frozen=True)
class Holds:
    """Finds what of a manifest's new versions must wait in the process of a registry."""

    registry: Registry
    manifest: Manifest

    def among(self, ready: Collection[str]) -> dict[str, Hold]:
        """Return those of the names whose new versions wait; the others may go live, all
        of them together."""
        held: dict[str, Hold] = {}
        while more := dict(self._more(ready, held)):
            held |= more
        return held

    def _more(
        self, ready: Collection[str], held: dict[str, Hold]
    ) -> Iterator[tuple[str, Hold]]:
        going = {name for name in ready if name not in held}
        for name in sorted(going):
            found = (
                self._itself(name)
                or self._by_users(name, going, held)
                or self._by_used(name, going, held)
            )
            if found is not None:
                yield name, found

    def _itself(self, name: str) -> Hold | None:
        if self.registry.stale_record(name, self.manifest.modules[name]):
            return Hold("a changed record goes live with the next start", RESTART)
        if users := sorted(self.manifest.unjudged(name)):
            return _waits_for_users(users)
        return None

    def _by_users(
        self, name: str, going: set[str], held: dict[str, Hold]
    ) -> Hold | None:
        """A user that runs here may be another than the one that it was judged with."""
        entry, lives = self.manifest.modules[name], self.registry.versions(name)
        for user in self.registry.loaded:
            if user in going or user not in self.manifest.modules:
                continue
            if f"{user}@{self.registry.version(user).id}" in entry.unjudged:
                if user not in held:
                    return _waits_for_users([user])
                why = f"it was judged without {user} as it runs here, which waits too"
                return Hold(why, held[user].mend)
            # By the same spec it may take the place of what the user was judged with.
            changed = bool(lives) and lives[-1].entry.spec != entry.spec
            if user in held and changed and name in self._live_needs(user):
                why = f"{user}, which uses it, waits and runs as it was"
                return Hold(why, held[user].mend)
        return None

    def _by_used(
        self, name: str, going: set[str], held: dict[str, Hold]
    ) -> Hold | None:
        for used in sorted(self.manifest.needs(name) & self.manifest.modules.keys()):
            if used in held:
                return Hold(f"it uses {used}, which waits too", held[used].mend)
            if used not in going and (found := self._behind(used)):
                return found
        return None

    def _behind(self, used: str) -> Hold | None:
        """What runs here of a used module may be another version than the accepted one."""
        entry, lives = self.manifest.modules[used], self.registry.versions(used)
        if self.registry.stale_record(used, entry):
            why = f"it uses {used}, and a changed record goes live with the next start"
            return Hold(why, RESTART)
        failed = self.registry.failed(used, entry.version)
        if failed or (lives and lives[-1].id == entry.version):
            return None  # one that failed is contained: what uses it may be its repair
        why = f"it uses {used}, whose accepted version cannot be loaded"
        return Hold(why, f"architect status {used} says more")

    def _live_needs(self, name: str) -> set[str]:
        """Return all that the version that runs here uses, directly or not."""
        loaded = {one: self.registry.version(one).entry for one in self.registry.loaded}
        return Manifest(loaded).needs(name)


def _waits_for_users(users: list[str]) -> Hold:
    named = ", ".join(users)
    specs = (
        "spec, or one that it needs,"
        if len(users) == 1
        else "specs, or ones that they need,"
    )
    why = f"it was judged without {named}, whose {specs} changed too"
    return Hold(why, f"architect generate {' '.join(users)}")


def bar_unjudged(registry: Registry, manifest: Manifest) -> None:
    """Keep users from running that a start loads beside what they were not judged with."""
    without: dict[str, list[str]] = {}
    for name in sorted(manifest.modules):
        for user in manifest.unjudged(name):
            without.setdefault(user, []).append(name)
    for user, names in without.items():
        why = f"nobody has judged it with {', '.join(names)} as accepted now"
        version, mend = manifest.modules[user].version, f"architect generate {user}"
        registry.bar(user, why, version, UNJUDGED, mend)


def unbar_judged(registry: Registry, manifest: Manifest) -> None:
    """Let those run again that are judged by now with all that they use here.

    A newer version runs at once, whatever bars the one before it; that one stays barred.
    """
    without = {user for name in manifest.modules for user in manifest.unjudged(name)}
    for user in registry.bars.names:
        bar, entry = registry.bars.of(user).get(UNJUDGED), manifest.modules.get(user)
        if bar is None or entry is None or entry.version != bar.version:
            continue
        if user not in without and all(
            registry.versions(used) and registry.version(used).id == accepted.version
            for used in manifest.needs(user)
            if (accepted := manifest.modules.get(used))
        ):
            registry.unbar(user, UNJUDGED)
