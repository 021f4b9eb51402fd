"""The registry: accepted versions in memory, and which one a call reaches.

A version is made from the bytes that were hashed, never from a file read twice, and
only if the manifest holds that hash. A call goes through a dispatcher that never
changes, so nobody holds a stale reference; inside a tick all calls see one set of
versions. The registry loads and swaps; it does not watch files nor judge.
"""

from __future__ import annotations

import inspect
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, ClassVar

from core import process
from core.barring import Bar, Bars, barred_call
from core.errors import NotAccepted
from core.hooks import hooks
from core.loading import Loader
from core.manifest import Entry, Manifest
from core.versions import Version, last_alike, without_unjudged

View = Mapping[str, Callable[..., Any]]


class Registry:
    """Accepted versions of one package of modules, e.g. `trading`.

    `instead` is what they get in place of what they import from elsewhere, by full name.
    """

    instead: ClassVar[Mapping[str, ModuleType]] = {}

    def __init__(self, folder: Path, package: str = "trading") -> None:
        process.run_in_utc()
        self.folder = folder
        # What others import: of modules that are live, and of new ones that are prepared.
        self._modules: dict[str, ModuleType] = {}
        self._made: dict[str, ModuleType] = {}
        shells = ChainMap(self._made, self._modules)
        self._loader = Loader(folder, package, shells, self.instead)
        self.records: dict[str, type] = {}
        self._history: dict[str, list[Version]] = {}
        self._dispatchers: dict[str, Callable[..., Any]] = {}
        self._current: View = {}
        self._view: ContextVar[View | None] = ContextVar("view", default=None)
        self._lock = RLock()
        self._failed: set[tuple[str, str]] = set()
        self.bars = Bars()
        # Of versions that failed: a tick may hold one yet that the history does not.
        self._shapes: dict[tuple[str, str], inspect.Signature] = {}

    # --- loading -------------------------------------------------------------------

    def load(self, manifest: Manifest, names: Iterable[str] | None = None) -> None:
        """Load every module of the manifest, or some and what they need.

        FileConflict if a file is not its own.
        """
        for name in manifest.load_order(names):
            entry = manifest.modules[name]
            self.accept(name, entry, self._loader.read(name, entry))

    def accept(self, name: str, entry: Entry, source: bytes) -> Version:
        """Make the version live. `source` must hash to `entry.file`.

        Compiling happens first; the swap itself is one assignment.
        """
        version = self._loader.make(name, entry, source)
        self.publish([version])
        return version

    def prepare(self, name: str, entry: Entry, source: bytes) -> Version:
        """Compile a version that is published with others, by the same thread; what is
        prepared after it may import it."""
        version = self._loader.make(name, entry, source)
        if name not in self._modules:
            self._made[name] = self._shell(version)
        return version

    def publish(self, versions: Sequence[Version]) -> None:
        """Make versions live together: no tick sees some of them without the others.

        What was prepared and is not among them is forgotten.
        """
        with self._lock:
            try:
                self._publish([v for v in versions if not self._is_known_record(v)])
            finally:
                self._made.clear()

    def _is_known_record(self, version: Version) -> bool:
        # A record's class is its identity: a new one would not match values already
        # made, so a changed record goes live with the next start.
        return version.entry.kind == "record" and version.name in self._modules

    def stale_record(self, name: str, entry: Entry) -> bool:
        """Tell whether the class of a record that lives here is of another version."""
        lives = self._history.get(name)
        return bool(entry.kind == "record" and lives and lives[-1].id != entry.version)

    def _publish(self, versions: Sequence[Version]) -> None:
        # Made before anything changes: from here on nothing fails.
        calls = {
            version.name: self._unless_barred(version)
            for version in versions
            if version.entry.kind != "record"
        }
        for version in versions:
            name = version.name
            self._failed.discard((name, version.id))
            self._history.setdefault(name, []).append(version)
            if name not in self._modules:
                self._add(version, self._made.get(name) or self._shell(version))
        self._history = without_unjudged(self._history, versions)
        if calls:  # else it stays the same edition
            self._current = {**self._current, **calls}

    def _add(self, version: Version, shell: ModuleType) -> None:
        self._modules[version.name] = shell
        if version.entry.kind == "record":
            self.records[version.call.__name__] = version.call  # type: ignore[assignment]
        else:
            self._dispatchers[version.name] = getattr(shell, version.name)

    def _shell(self, version: Version) -> ModuleType:
        """Return what others import: a record's class, or what reaches any version."""
        shell = ModuleType(version.name)
        if version.entry.kind == "record":
            setattr(shell, version.call.__name__, version.call)
        else:
            setattr(shell, version.name, self._dispatcher(version.name))
        return shell

    def _unless_barred(self, version: Version) -> Callable[..., Any]:
        """Return what a call that is to reach a version reaches, it or its bar."""
        bar = self.bars.on(version.name, version.id)
        return barred_call(version.call, bar.why, bar.hint) if bar else version.call

    def _show_at_once(self, name: str) -> None:
        """Let calls reach what they are to reach now, also in the tick under way.

        One that began before a module changed its parameters goes on with what it calls.
        """
        newest = self._history[name][-1]
        self._current = {**self._current, name: self._unless_barred(newest)}
        seen = self._view.get()
        if seen is None or name not in seen:
            return
        alike = last_alike(self._history[name], inspect.signature(seen[name]))
        if alike is not None:
            self._view.set({**seen, name: self._unless_barred(alike)})

    def _dispatcher(self, name: str) -> Callable[..., Any]:
        view = self._view

        def dispatch(*args: Any, **kwargs: Any) -> Any:
            return (view.get() or self._current)[name](*args, **kwargs)

        dispatch.__name__ = dispatch.__qualname__ = name
        return dispatch

    def remove(self, name: str) -> bool:
        """Take a module out; False while a version that calls reach still uses it.

        A tick under way keeps what it began with. Earlier versions that use it go too:
        there is nothing to roll back to in them.
        """
        with self._lock:
            if any(name in kept[-1].entry.uses for kept in self._history.values()):
                return False
            self.forgive(name)
            self.bars.forget(name)
            self._modules.pop(name, None)
            self._dispatchers.pop(name, None)
            last = self._history.pop(name)[-1]
            for user, kept in self._history.items():
                self._history[user] = [v for v in kept if name not in v.entry.uses]
            if last.entry.kind == "record":
                self.records.pop(last.call.__name__, None)
            self._current = {n: c for n, c in self._current.items() if n != name}
        return True

    @property
    def loaded(self) -> list[str]:
        """The names of all modules in memory, records too."""
        return sorted(self._history)

    # --- calling -------------------------------------------------------------------

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """Return the dispatcher of a module: it always reaches the newest version."""
        try:
            return self._dispatchers[name]
        except KeyError:
            raise NotAccepted(
                f"{name} has no accepted version", hint=f"architect generate {name}"
            ) from None

    @contextmanager
    def tick(self) -> Iterator[None]:
        """Hold one set of versions from the first call in the block to the last."""
        hooks.tick += 1
        token = self._view.set(self._current)
        try:
            yield
        finally:
            self._view.reset(token)

    @property
    def edition(self) -> View:
        """The set of versions that calls reach here and now: another object after a swap."""
        return self._view.get() or self._current

    def version(self, name: str) -> Version:
        """Return the version that new calls reach."""
        return self._history[name][-1]

    def failed(self, name: str, version: str) -> bool:
        """Tell whether a version failed here; it is not loaded again by itself."""
        return (name, version) in self._failed

    def forgive(self, name: str, still_failed: Iterable[str] = ()) -> None:
        """Forget that versions of a module failed, except some."""
        with self._lock:
            still = {(name, version) for version in still_failed}
            self._failed = {f for f in self._failed if f[0] != name or f in still}

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a module that are in memory, oldest first."""
        return list(self._history.get(name, ()))

    @property
    def names(self) -> list[str]:
        """The names of all callable modules."""
        return sorted(self._dispatchers)

    # --- containment ---------------------------------------------------------------

    def roll_back(self, name: str, failing: str) -> Version | None:
        """Take version `failing` off the path at once, also in the tick under way.

        Return what its callers reach now, None when no version that is called like it
        never failed: then it stays where it is.
        """
        with self._lock:
            history = self._history.get(name, [])
            if history:
                self._failed.add((name, failing))
            shape = self._shape(name, failing)
            kept = [one for one in history if (name, one.id) not in self._failed]
            good = last_alike(kept, shape)
            if good is None:
                return None
            # Where the newest is called in another way, an old tick alone goes back.
            live = good if history[-1].shape == shape else history[-1]
            self._history[name] = [one for one in kept if one is not live] + [live]
            self._show_at_once(name)
            return good

    def _shape(self, name: str, failing: str) -> inspect.Signature | None:
        """Return how a version is called that fails, also once it has left the history."""
        for one in self._history.get(name, ()):
            if one.id == failing:
                self._shapes[name, failing] = one.shape
        return self._shapes.get((name, failing))

    def bar(
        self, name: str, why: str, version: str = "", by: str = "", hint: str = ""
    ) -> None:
        """Keep a module, or one version of it, from running: calls get its safe value.

        Each `by` has a bar of its own; `hint` says what lifts it where no reset does.
        """
        with self._lock:
            self.bars.put(name, by, Bar(why, version, hint))
            if name in self._dispatchers:
                self._show_at_once(name)

    def unbar(self, name: str, by: str = "") -> None:
        """Lift a bar; harmless where there is none."""
        with self._lock:
            if self.bars.lift(name, by) and name in self._dispatchers:
                self._show_at_once(name)

    def barred(self, name: str) -> str:
        """Return why a module does not run, empty when it does."""
        current = self._history.get(name)
        bar = self.bars.on(name, current[-1].id) if current else None
        return bar.why if bar else ""
