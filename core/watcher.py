"""Watches generated/ and the manifest, and swaps in what the gate accepted.

The manifest decides: a file is loaded only when its bytes hash to an accepted entry.
A save that the manifest does not know is told to `on_unaccepted` and never loaded. What
one look finds goes live together, but for what must wait (`core/holds.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from core.errors import ArchitectError, ManifestError
from core.holds import Hold, Holds, unbar_judged
from core.manifest import Entry, Manifest, read_manifest, sha256
from core.registry import Registry
from core.versions import Version

COALESCE_S = 0.015


class Watcher:
    """Keeps a registry in step with the accepted versions on disk.

    on_manifest(manifest) at each look, before anything is swapped; on_swap(name, version)
    after a swap; on_removed(name) when a module was taken out; on_unaccepted(name, sha256
    of the file) for a save that is not accepted; on_error(message) for what could not be
    read or loaded, and once for what is held back; on_held(text by name) when that changed.
    `journals` are where those who write versions note what they are about to write.
    """

    def __init__(
        self,
        registry: Registry,
        manifest: Path,
        on_swap: Callable[[str, str], None],
        on_unaccepted: Callable[[str, str], None],
        on_error: Callable[[str], None],
        journals: Sequence[Path] = (),
        on_removed: Callable[[str], None] = lambda name: None,
        on_manifest: Callable[[Manifest], None] = lambda manifest: None,
        on_held: Callable[[Mapping[str, str]], None] = lambda held: None,
    ) -> None:
        self.registry, self.manifest, self.journals = registry, manifest, journals
        self.on_swap, self.on_unaccepted, self.on_error = (
            on_swap,
            on_unaccepted,
            on_error,
        )
        self.on_removed, self.on_manifest = on_removed, on_manifest
        self.on_held = on_held
        # By name what was told of a version that is held back.
        self._held: dict[str, str] = {}
        self._seen: dict[str, str] = {}
        # By name what the manifest held when its file was last looked at.
        self._accepted: dict[str, str] = {}
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._observer = Observer()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        handler = _Handler(self._wake.set)
        folders = {self.manifest.parent, self.registry.folder}
        for folder in folders:
            self._observer.schedule(handler, str(folder), recursive=False)
        self._observer.start()
        self._wake.set()  # for what was saved between loading and now
        self._thread.start()

    def wake(self) -> None:
        """Look once more: what may be loaded has changed without a save."""
        self._wake.set()

    def stop(self) -> None:
        """Stop watching; returns when both threads have ended."""
        self._closing.set()
        self._wake.set()
        self._observer.stop()
        self._observer.join(2)
        self._thread.join(2)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            # One save is several events: look once, when they have settled.
            self._closing.wait(COALESCE_S)
            self._wake.clear()
            if self._closing.is_set():
                return
            try:
                self.look()
            except Exception as error:  # the thread must outlive any one look
                self.on_error(f"what is accepted: {type(error).__name__}: {error}")

    def look(self) -> None:
        """Compare disk and memory once, and swap or tell."""
        try:
            manifest = read_manifest(self.manifest)
        except ArchitectError as error:
            self.on_error(str(error))
            return
        self.on_manifest(manifest)
        ready: dict[str, tuple[Entry, bytes]] = {}
        for path in self._paths(manifest):
            try:
                if found := self._look_at(path, manifest):
                    ready[path.stem] = found
            except Exception as error:
                self._failed(path.stem, error)
        self._swap(ready, manifest)
        self._take_out(manifest)
        unbar_judged(self.registry, manifest)

    def _failed(self, name: str, error: Exception) -> None:
        self.on_error(f"{name}.py: {type(error).__name__}: {error}")

    def _swap(self, ready: dict[str, tuple[Entry, bytes]], manifest: Manifest) -> None:
        """Make live what need not wait, all of it in one step."""
        made: dict[str, Version] = {}
        held = Holds(self.registry, manifest).among(ready)
        while broken := self._prepare(ready, held, made):
            # What is to go live beside it may have to wait now.
            del ready[broken]
            held = Holds(self.registry, manifest).among(ready)
        going = [version for name, version in made.items() if name not in held]
        self.registry.publish(going)
        for version in going:
            self._tell_swapped(version)
        self._tell_held({name: (ready[name][0], hold) for name, hold in held.items()})

    def _prepare(
        self,
        ready: Mapping[str, tuple[Entry, bytes]],
        held: Mapping[str, Hold],
        made: dict[str, Version],
    ) -> str:
        """Compile what is not held back; return the first that cannot be, or nothing."""
        for name, (entry, source) in ready.items():
            if name not in held and name not in made:
                try:
                    made[name] = self.registry.prepare(name, entry, source)
                except Exception as error:
                    self._failed(name, error)
                    return name
        return ""

    def _tell_swapped(self, version: Version) -> None:
        try:
            self.on_swap(version.name, version.id)
        except Exception as error:  # the others are live too, and are to be told of
            self._failed(version.name, error)

    def _tell_held(self, held: Mapping[str, tuple[Entry, Hold]]) -> None:
        told = {
            name: f"version {e.version} is {hold}" for name, (e, hold) in held.items()
        }
        for name, text in told.items():
            # Once it may go live it has been accepted anew, whatever failed before.
            self._accepted[name] = ""
            if self._held.get(name) != text:
                self.on_error(f"{name}: {text}")
        if told != self._held:
            self._held = told
            self.on_held(told)

    def _take_out(self, manifest: Manifest) -> None:
        """Take out what neither manifest nor disk holds, users before what they use.

        What is used by a version that could not be swapped stays as well.
        """
        if not manifest.modules:
            return  # a checkout under way: nobody removes all modules at once
        gone = {name for name in self.registry.loaded if self._is_gone(name, manifest)}
        while out := [name for name in sorted(gone) if self.registry.remove(name)]:
            gone -= set(out)
            for name in out:
                self._seen.pop(name, None)
                self._accepted.pop(name, None)
                self.on_removed(name)

    def _is_gone(self, name: str, manifest: Manifest) -> bool:
        file = self.registry.folder / f"{name}.py"
        return name not in manifest.modules and not file.exists()

    def _paths(self, manifest: Manifest) -> list[Path]:
        """Return the files so that a module comes after those that it uses."""
        try:
            order = {name: i for i, name in enumerate(manifest.load_order())}
        except ManifestError as error:
            self.on_error(str(error))
            order = {}
        found = self.registry.folder.glob("*.py")
        return sorted(found, key=lambda path: (order.get(path.stem, -1), path.stem))

    def _look_at(self, path: Path, manifest: Manifest) -> tuple[Entry, bytes] | None:
        """Return what is accepted and is not what runs, None where nothing is."""
        name = path.stem
        try:
            source = path.read_bytes()
        except FileNotFoundError:
            return None
        digest = sha256(source)
        entry = manifest.modules.get(name)
        if entry is None or entry.file != digest:
            if name != "__init__" and self._seen.get(name) != digest:
                self._unaccepted(name, digest)
            return None
        self._seen[name] = digest
        before, self._accepted[name] = self._accepted.get(name, digest), digest
        loaded = self.registry.versions(name)
        if before == digest and self.registry.failed(name, entry.version):
            return None  # it was rolled back, and nobody has accepted it anew
        if not loaded or loaded[-1].entry.file != digest:
            return entry, source
        return None

    def _unaccepted(self, name: str, digest: str) -> None:
        if self._is_being_accepted(digest):
            return  # its manifest entry follows, and wakes us again
        self._seen[name] = digest
        self.on_unaccepted(name, digest)

    def _is_being_accepted(self, digest: str) -> bool:
        return any(_holds(journal, digest) for journal in self.journals)


def _holds(journal: Path, digest: str) -> bool:
    try:
        return digest in journal.read_text()
    except (OSError, UnicodeDecodeError):
        return False


class _Handler(FileSystemEventHandler):
    """Wakes the watcher for finished writes only: reading a file must not wake it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def _changed(self, event: FileSystemEvent) -> None:
        names = (str(event.src_path), str(getattr(event, "dest_path", "")))
        if not event.is_directory and any(
            n.endswith((".py", "manifest.yaml")) for n in names
        ):
            self._wake()

    on_closed = on_moved = on_created = on_deleted = _changed
