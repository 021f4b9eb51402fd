"""From an accepted body to the file, the manifest and the commit.

The only writer of generated/ and manifest.yaml. What is about to be written stands in
a journal first, so a run that was killed at any point is completed by the next one:
either nothing of a module is there, or all of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from architect.atomic import remove_leftovers, write
from architect.repository import Repository
from core.errors import FileConflict
from core.manifest import Entry, Manifest, read_manifest, render_manifest, sha256
from core.project import Project

# Called with the name of the step that is next; tests kill the process in it.
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Creation:
    """One module to be written.

    `also` are further files of the same commit; `replaces` is the SHA-256 of a hand
    edit that was judged and may be overwritten by its formatted form.
    """

    name: str
    entry: Entry
    module: str
    message: str
    also: tuple[str, ...] = ()
    replaces: str = ""


def create(
    project: Project, repository: Repository, creation: Creation, step: Step = lambda _: None
) -> str | None:
    """Write and commit one accepted module; return the commit's id.

    FileConflict when the file on disk is neither the accepted one nor the new one:
    somebody edited it, and it is not ours to overwrite.
    """
    _refuse_hand_edit(project, creation)
    step("journal")
    _write_journal(project, creation)
    commit = _carry_out(project, repository, creation, step)
    step("close")
    project.journal.unlink(missing_ok=True)
    return commit


def recover(project: Project, repository: Repository) -> str | None:
    """Complete what a killed run had begun; return the module's name, None if nothing."""
    for folder in (project.generated, project.root, project.data):
        if folder.is_dir():
            remove_leftovers(folder)
    try:
        creation = _read_journal(project.journal)
    except FileNotFoundError:
        return None
    if creation is not None:
        _carry_out(project, repository, creation, lambda _: None)
    project.journal.unlink(missing_ok=True)
    return creation.name if creation else None


def _carry_out(
    project: Project, repository: Repository, creation: Creation, step: Step
) -> str | None:
    path = project.module(creation.name)
    step("module")
    write(path, creation.module.encode())
    step("manifest")
    manifest = read_manifest(project.manifest).with_entry(creation.name, creation.entry)
    write(project.manifest, render_manifest(manifest).encode())
    step("commit")
    also = [p for p in (project.root / name for name in creation.also) if p.exists()]
    return repository.commit([path, project.manifest, *also], creation.message)


def remove(
    project: Project, repository: Repository, names: set[str], message: str
) -> str | None:
    """Take modules whose specs are gone out of the manifest, the tree and git."""
    manifest: Manifest = read_manifest(project.manifest).without(names)
    write(project.manifest, render_manifest(manifest).encode())
    paths = [project.module(name) for name in sorted(names)]
    for path in paths:
        path.unlink(missing_ok=True)
    known = [p for p in paths if repository.show("HEAD", p) is not None]
    return repository.commit([project.manifest, *known], message)


def _refuse_hand_edit(project: Project, creation: Creation) -> None:
    path = project.module(creation.name)
    if not path.exists():
        return
    on_disk = sha256(path.read_bytes())
    accepted = read_manifest(project.manifest).modules.get(creation.name)
    if on_disk in (creation.entry.file, creation.replaces, accepted and accepted.file):
        return
    raise FileConflict(
        f"{path.relative_to(project.root)} was edited by hand",
        hint=f"architect adopt {creation.name} judges and records the edit; "
        f"architect rollback {creation.name} keeps a copy and restores the accepted one",
    )


def _write_journal(project: Project, creation: Creation) -> None:
    plain: dict[str, Any] = asdict(creation)
    text = json.dumps(plain)
    write(project.journal, json.dumps({"sha256": sha256(text), "creation": text}).encode())


def _read_journal(path: Path) -> Creation | None:
    """Return the journal's creation, None when the journal itself is no whole one."""
    try:
        plain = json.loads(path.read_bytes())
        if sha256(plain["creation"]) != plain["sha256"]:
            return None
        raw = json.loads(plain["creation"])
    except (ValueError, KeyError, TypeError):
        return None
    entry = raw.pop("entry")
    also = tuple(raw.pop("also"))
    return Creation(entry=Entry(**{**entry, "uses": tuple(entry["uses"])}), also=also, **raw)
