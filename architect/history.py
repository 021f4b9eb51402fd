"""A module's accepted versions, read from git: its log, and the way back to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from architect.atomic import write
from architect.commit import Commit
from architect.file_creator import keep_edit
from architect.models.reply import Reply
from architect.rebuild import module_text
from architect.replies import ReplyStore
from architect.repository import Repository
from core.errors import ArchitectError, ReplyChanged, ReplyMissing
from core.manifest import Entry, parse_manifest, read_manifest, sha256
from core.project import Project
from core.spec_graph import load_graph


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted version as it was committed."""

    version: str
    commit: Commit
    entry: Entry
    module: str


def versions(project: Project, repository: Repository, name: str) -> list[Accepted]:
    """Return the accepted versions of a module, newest first, each once."""
    found: dict[str, Accepted] = {}
    for commit in repository.log(project.module(name)):
        accepted = _accepted(project, repository, name, commit)
        if accepted is not None and accepted.version not in found:
            found[accepted.version] = accepted
    return list(found.values())


def _accepted(
    project: Project, repository: Repository, name: str, commit: Commit
) -> Accepted | None:
    """Return what a commit accepted; None when its file and its manifest do not agree."""
    module = repository.show(commit.id, project.module(name))
    lock = repository.show(commit.id, project.manifest)
    if module is None or lock is None:
        return None
    try:
        entry = parse_manifest(lock.decode(), "manifest.yaml").modules.get(name)
    except ArchitectError:
        return None
    if entry is None or entry.file != sha256(module):
        return None
    return Accepted(entry.version, commit, entry, module.decode())


def strength_of(project: Project, repository: Repository, name: str) -> str:
    """Return the strength that the newest accepted version was built with, empty if its
    commit does not tell."""
    for commit in repository.log(project.module(name)):
        if commit.trailers.get("Strength"):
            return commit.trailers["Strength"]
    return ""


def find_version(
    project: Project, repository: Repository, name: str, version: str | None
) -> Accepted:
    """Return a version by the start of its id; without one, the last before the present."""
    known = versions(project, repository, name)
    present = read_manifest(project.manifest).modules.get(name)
    listing = ", ".join(v.version for v in known) or "none"
    if version is None:
        earlier = [v for v in known if present is None or v.version != present.version]
        if not earlier:
            raise ArchitectError(
                f"{name} has no earlier accepted version", hint=f"architect log {name}"
            )
        return earlier[0]
    matching = [v for v in known if v.version.startswith(version)]
    if len(matching) != 1:
        what = "no version" if not matching else "more than one version"
        raise ArchitectError(
            f"{name}: {what} begins with {version!r}",
            hint=f"accepted versions: {listing}",
        )
    return matching[0]


def recorded_reply(project: Project, version: Accepted) -> Reply | None:
    """Return the reply that a version came from, None for a record, or where that reply is
    gone or another one has its place: its body is recorded anew then."""
    entry = version.entry
    if not entry.reply:
        return None
    try:
        return ReplyStore(project.replies).read(entry.reply, entry.reply_sha256)
    except (ReplyMissing, ReplyChanged):
        return None


@dataclass(frozen=True, slots=True)
class Restored:
    """An accepted file that was put back; `kept` is the copy of the edit, if there was."""

    kept: Path | None


def restore(project: Project, repository: Repository, name: str) -> Restored | None:
    """Put the accepted file back where it was edited or is gone, None if it is neither."""
    entry = read_manifest(project.manifest).modules.get(name)
    if entry is None:
        raise ArchitectError(
            f"{name} has no accepted version", hint=f"architect generate {name}"
        )
    path = project.module(name)
    if path.exists() and sha256(path.read_bytes()) == entry.file:
        return None
    text = _accepted_text(project, repository, name, entry)
    kept = keep_edit(project, name)
    write(path, text.encode())
    return Restored(kept)


def _accepted_text(
    project: Project, repository: Repository, name: str, entry: Entry
) -> str:
    """Return the accepted file from git, or else from its reply."""
    for version in versions(project, repository, name):
        if version.entry.file == entry.file:
            return version.module
    spec = load_graph(project.specs).get(name)
    text = module_text(spec, entry, ReplyStore(project.replies), project.package)
    if sha256(text) == entry.file:
        return text
    raise ArchitectError(
        f"{name}: neither git nor its reply gives version {entry.version}",
        hint=f"architect generate {name}",
    )
