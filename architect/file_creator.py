"""From an accepted body to the file, the manifest and the commit; and back out again.

The only writer of generated/ and manifest.yaml. What is about to be written stands in
a journal first, so a run that was killed at any point is completed by the next one:
either nothing of a module is there, or all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from architect import journal, taking
from architect.atomic import remove_leftovers, write
from architect.journal import Change
from architect.repository import Repository
from architect.uninterrupted import uninterrupted
from core.errors import ArchitectError, FileConflict, GitError, SpecError
from core.manifest import (
    Entry,
    Manifest,
    parse_manifest,
    read_manifest,
    render_manifest,
    sha256,
)
from core.project import Project
from core.spec_text import load_spec

# Called with the name of the step that is next; tests kill the process in it.
Step = Callable[[str], None]


def create(
    project: Project,
    repository: Repository,
    change: Change,
    step: Step = lambda _: None,
) -> str | None:
    """Write and commit one accepted module, or take one out; return the commit's id.

    Ctrl-C waits until it is done. FileConflict when the file on disk is neither the
    accepted one nor the new one: somebody edited it, and it is not ours to overwrite.
    ArchitectError when the spec or the accepted version is another one than when the work
    on the change began. GitError while another change was begun and is not committed, or
    git takes no commit: nothing is written then, for what is written goes live.
    """
    _refuse_second(project, change)
    repository.ready()  # it may wait for another git: what is looked at comes after
    _refuse_overtaken(project, change)
    _refuse_hand_edit(project, change)
    with uninterrupted():
        step("journal")
        journal.write_change(project.journal, change)
        commit = _carry_out(project, repository, change, step)
        step("close")
        journal.close(project.journal)
    return commit


def recover(project: Project, repository: Repository) -> str | None:
    """Complete what a killed run had begun; return the module's name, None if nothing.

    A file that somebody edited since then is left as it is, and reported as edited; so
    is a version that came in since then from elsewhere. A spec that was saved since then
    is not committed: nobody has judged it.
    """
    remove_leftovers(project.generated.parent, deep=True)
    remove_leftovers(project.root)
    remove_leftovers(project.data)
    taking.finish(project, repository)
    change = journal.read_change(project.journal)
    done = None
    # Else a newer version came in: what was begun is behind it.
    if change is not None and _still_follows(project, change):
        try:
            with uninterrupted():
                repository.ready()
                _refuse_hand_edit(project, change)
                begun = _without_other_spec(project, change)
                _carry_out(project, repository, begun, lambda _: None)
                done = change.name
        except FileConflict:
            if _is_half_done(project, repository, change):
                return None  # it is live: git gets it once the file is what it was
    journal.close(project.journal)
    return done


def _accepted(project: Project, change: Change) -> Entry | None:
    return read_manifest(project.manifest).modules.get(change.name)


def _still_follows(project: Project, change: Change) -> bool:
    return _accepted(project, change) in (change.before, change.entry)


def _has_its_spec(project: Project, change: Change) -> bool:
    """Tell whether the spec on disk is the one that a change was made from; for a module
    that is taken out, that is none."""
    path = project.spec(change.name)
    if change.entry is None or not path.exists():
        return change.entry is None and not path.exists()
    try:
        return load_spec(path).digest() == change.entry.spec
    except SpecError:
        return False  # it is half-done


def _without_other_spec(project: Project, change: Change) -> Change:
    if _has_its_spec(project, change):
        return change
    spec = project.spec(change.name).relative_to(project.root).as_posix()
    return replace(change, also=tuple(name for name in change.also if name != spec))


def _is_half_done(project: Project, repository: Repository, change: Change) -> bool:
    """Tell whether the manifest holds a change that git has not."""
    committed = repository.show("HEAD", project.manifest)
    known = parse_manifest(committed.decode()) if committed else Manifest()
    return _accepted(project, change) == change.entry != known.modules.get(change.name)


def keep_edit(project: Project, name: str) -> Path | None:
    """Keep a copy of a module's file that is about to go; None when it is not there."""
    path = project.module(name)
    if not path.exists():
        return None
    edited = path.read_bytes()
    kept = project.data / "discarded" / f"{name}-{sha256(edited)[:12]}.py"
    write(kept, edited)
    return kept


def _carry_out(
    project: Project, repository: Repository, change: Change, step: Step
) -> str | None:
    path, manifest = project.module(change.name), read_manifest(project.manifest)
    step("module")
    if change.entry is None:
        path.unlink(missing_ok=True)
        manifest = manifest.without({change.name})
    else:
        write(path, change.module.encode())
        manifest = manifest.with_entry(change.name, change.entry)
    step("manifest")
    write(project.manifest, render_manifest(manifest).encode())
    step("commit")
    paths = [path, project.manifest, *(project.root / name for name in change.also)]
    return repository.commit(paths, change.message)


def _refuse_second(project: Project, change: Change) -> None:
    """The journal holds one change: another over it, and git would never have the first."""
    begun = journal.read_change(project.journal)
    if begun is not None and begun.name != change.name:
        raise GitError(
            f"what was begun of {begun.name} is not committed yet",
            hint="architect generate completes it; where its file was edited since, "
            f"architect rollback {begun.name} first, or adopt",
        )


def _refuse_overtaken(project: Project, change: Change) -> None:
    """A model answers for minutes: meanwhile a person saves, pulls or switches branches."""
    what = ""
    if not _has_its_spec(project, change):
        what = "its spec changed"
    elif not _still_follows(project, change):
        what = "another version was accepted"
    if what:
        raise ArchitectError(
            f"{change.name}: {what} while it was built",
            hint="architect generate builds what stands there now",
        )


def _refuse_hand_edit(project: Project, change: Change) -> None:
    path = project.module(change.name)
    if not path.exists():
        return
    on_disk = sha256(path.read_bytes())
    known = (change.entry, change.before, _accepted(project, change))
    if on_disk not in {change.replaces, *(entry.file for entry in known if entry)}:
        raise edited_by_hand(project, change.name)


def edited_by_hand(project: Project, name: str) -> FileConflict:
    """Return the error for a module file that is not the accepted one."""
    return FileConflict(
        f"{project.module(name).relative_to(project.root)} was edited by hand",
        hint=f"architect adopt {name} judges and records the edit; "
        f"architect rollback {name} keeps a copy and restores the accepted one",
    )
