"""Modules whose specs are gone are taken out: file, manifest entry, spec, one commit each.

Their replies stay: they are history, and an answer if the spec comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from architect.build import Progress
from architect.file_creator import Step, create, keep_edit
from architect.journal import Change
from architect.repository import Repository
from core.manifest import read_manifest, sha256
from core.project import Project


def remove_orphans(
    project: Project,
    repository: Repository,
    names: Sequence[str],
    progress: Progress,
    step: Step,
    note: str = "",
) -> list[str]:
    """Take modules out once nothing accepted uses them; return those that are out.

    `note` says in the commits why.
    """
    back = [name for name in names if project.spec(name).exists()]
    for name in back:
        progress(name, "kept", "its spec is there again")
    left, removed = [name for name in names if name not in back], []
    while free := [name for name in left if not _users(project, name)]:
        for name in free:
            left.remove(name)
            progress(name, "removed", _remove(project, repository, name, step, note))
            removed.append(name)
    for name in left:
        progress(name, "kept", f"{', '.join(_users(project, name))} still uses it")
    return removed


def _users(project: Project, name: str) -> list[str]:
    modules = read_manifest(project.manifest).modules
    return [user for user, entry in modules.items() if name in entry.uses]


def _remove(
    project: Project, repository: Repository, name: str, step: Step, note: str
) -> str:
    """Take one out; return why, and where a hand edit of it is kept."""
    entry = read_manifest(project.manifest).modules[name]
    path, why = project.module(name), "its spec is gone"
    on_disk = sha256(path.read_bytes()) if path.exists() else ""
    if on_disk not in ("", entry.file):
        why += f"; the hand edit is kept in {keep_edit(project, name)}"
    spec = project.spec(name).relative_to(project.root).as_posix()
    reason = f"{note}\n\n" if note else ""
    message = f"Remove {name}: its spec is gone\n\n{reason}Module: {name}\n"
    change = Change(name, None, "", message, (spec,), replaces=on_disk, before=entry)
    create(project, repository, change, step)
    return why


def remove_unbuilt(
    project: Project, repository: Repository, names: Sequence[str], note: str
) -> list[str]:
    """Commit that the specs of some names are gone which were never built."""
    known = read_manifest(project.manifest).modules
    gone = [name for name in names if name not in known]
    for name in gone:
        if repository.knows(project.spec(name)):
            subject = f"Remove {name}: it was never built"
            repository.commit([project.spec(name)], f"{subject}\n\n{note}\n")
    return gone
