"""Puts a faulty version live as if the gate had accepted it, which it never would.

The commit is made first, then the module and the manifest are written, so that whoever
looks a failing version up finds it. The runtime loads it by the manifest, like any other.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace

from architect import journal
from architect.atomic import write
from architect.journal import Change
from architect.lock import build_lock
from core.manifest import Entry, read_manifest, render_manifest, sha256
from core.project import Project

WHO = ["-c", "user.name=Seeder", "-c", "user.email=seeder@localhost"]


@dataclass(frozen=True)
class Planted:
    """One version that was put live."""

    module: str
    version: str


def plant(project: Project, name: str, text: str, body: str, history: bool) -> Planted:
    """Commit a version and put it live; without `history` no version before it is left."""
    with build_lock(project, wait=True):
        manifest = read_manifest(project.manifest)
        entry: Entry = replace(
            manifest.modules[name], body=sha256(body), file=sha256(text), by="hand"
        )
        lock = render_manifest(manifest.with_entry(name, entry))
        files = {
            project.module(name).relative_to(project.root).as_posix(): text,
            project.manifest.name: lock,
        }
        _commit(project, f"Put {name} live without the gate", files, history)
        journal.write_change(project.journal, Change(name, entry, text, ""))
        write(project.module(name), text.encode())
        write(project.manifest, lock.encode())
        journal.close(project.journal)
    return Planted(name, entry.version)


def _commit(
    project: Project, message: str, files: dict[str, str], history: bool
) -> None:
    for path, text in files.items():
        blob = _git(project, "hash-object", "-w", "--stdin", data=text)
        _git(project, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    tree = _git(project, "write-tree")
    before = ["-p", _git(project, "rev-parse", "HEAD")] if history else []
    commit = _git(project, "commit-tree", tree, *before, "-m", message)
    _git(project, "update-ref", "HEAD", commit)


def _git(project: Project, *words: str, data: str | None = None) -> str:
    done = subprocess.run(
        ["git", *WHO, *words], cwd=project.root, input=data, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()
