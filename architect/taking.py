"""What comes in from another clone is noted before its files are written, and finished.

The files go live with the manifest, which is written last; git has them a moment later.
Who dies or is refused in between leaves the note, and whoever builds next moves the
branch first: a commit on top of the old one would part from the other clone for good.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from architect.atomic import write
from architect.repository import Repository
from core.errors import Busy, GitError
from core.project import Project


def begin(
    project: Project, commit: str, paths: Sequence[str], digests: Sequence[str]
) -> None:
    """Note what is about to be written: the paths that a commit changes and the digests
    of its modules, for the watcher."""
    plain = {"commit": commit, "paths": list(paths), "files": list(digests)}
    write(project.taking, json.dumps(plain).encode())


def finish(project: Project, repository: Repository) -> None:
    """Move the branch to a noted commit whose files are all on disk as it has them.

    What is not all there was not live, and is taken up anew. Busy when git refuses.
    """
    note = _read(project)
    if note is None or not _all_there(repository, note["commit"], note["paths"]):
        return
    try:
        repository.ready()
        repository.run("add", "--force", "--", *note["paths"])
        repository.run("merge", "--quiet", "--ff-only", note["commit"])
    except GitError as error:
        raise Busy(
            f"what was taken up is live and in no commit yet: {error}", hint=error.hint
        ) from None
    project.taking.unlink(missing_ok=True)


def _read(project: Project) -> dict[str, Any] | None:
    try:
        note = json.loads(project.taking.read_bytes())
        return note if {"commit", "paths"} <= note.keys() else None
    except (FileNotFoundError, ValueError, AttributeError):
        return None


def _all_there(repository: Repository, commit: str, paths: Sequence[str]) -> bool:
    for path in (repository.root / path for path in paths):
        if not path.is_file() or path.read_bytes() != repository.show(commit, path):
            return False
    return repository.is_ahead(commit)
