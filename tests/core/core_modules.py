"""Small modules for tests of the running parts, written and accepted as the gate does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.manifest import Entry, Manifest, render_manifest, sha256
from core.registry import Registry

HALVE = """
from core.wrapper import module

@module(kind="function", requires=["x >= 0"], ensures=["result <= x"]{more})
def halve(x: int) -> int:
    {body}

__all__ = ["halve"]
"""

RECORD = """
from core.records import record

@record()
class Point:
    x: int
    {more}

__all__ = ["Point"]
"""


def halve(body: str, more: str = "") -> str:
    """Return a module that should halve a number."""
    return HALVE.format(body=body, more=more)


def entry(
    source: str,
    kind: str = "function",
    uses: tuple[str, ...] = (),
    by: str = "hand",
    spec: str = "s",
    unjudged: tuple[str, ...] = (),
) -> Entry:
    """Return an accepted entry for a source text."""
    file = sha256(source)
    return Entry(kind, uses, spec, "p", "i", "", "", "b", file, by, 1, unjudged)


@dataclass
class Folder:
    """A folder of generated modules with its manifest, changed as the gate changes it."""

    root: Path

    def __post_init__(self) -> None:
        self.modules = self.root / "generated" / "trading"
        self.modules.mkdir(parents=True)
        (self.root / "specs" / "trading").mkdir(parents=True)
        self.manifest = self.root / "manifest.yaml"
        self.entries: dict[str, Entry] = {}
        self.write_manifest()

    def save(self, name: str, source: str) -> None:
        """Write a file as an editor does: beside it, then in its place."""
        beside = self.modules / f".{name}.tmp"
        beside.write_text(source)
        beside.replace(self.modules / f"{name}.py")

    def write_manifest(self) -> None:
        beside = self.root / ".manifest.tmp"
        beside.write_text(render_manifest(Manifest(dict(sorted(self.entries.items())))))
        beside.replace(self.manifest)

    def accept(self, name: str, source: str, **more: object) -> Entry:
        """Write a file and its entry."""
        self.entries[name] = entry(source, **more)  # type: ignore[arg-type]
        self.save(name, source)
        self.write_manifest()
        return self.entries[name]

    def remove(self, *names: str) -> None:
        """Take modules out as the file creator does: the files, then the manifest."""
        for name in names:
            del self.entries[name]
            (self.modules / f"{name}.py").unlink()
        self.write_manifest()

    def registry(self) -> Registry:
        """Return a registry with all that is accepted."""
        found = Registry(self.modules)
        found.load(Manifest(self.entries))
        return found
