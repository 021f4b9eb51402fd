"""The specs that a draft writes over: how each of them comes back as it was.

Git brings back what it has. Of a text that it does not have, such as an edit that is not
committed yet, a copy is kept before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from architect.atomic import write
from architect.drafts.draft import Draft, DraftedSpec
from architect.repository import Repository
from core.errors import WriteFailed
from core.manifest import read_manifest
from core.project import Project

FOLDER = "before"


def ways_back(
    project: Project, repository: Repository, draft: Draft, known: Mapping[str, str]
) -> dict[str, str]:
    """Return by name the command that takes each spec back; keep copies for it.

    `known` are those of an earlier draft: what that one wrote over is what comes back.
    """
    places = [project.spec(name).relative_to(project.root) for name in draft.names]
    listed = ("ls-files", "--modified", "--others", "--")
    said = repository.run(*listed, *map(str, places)) if places else ""
    only_here = set(said.splitlines())
    return {
        one.name: known.get(one.name) or _way_back(project, one, place, only_here)
        for one, place in zip(draft.specs, places, strict=True)
    }


def _way_back(
    project: Project, one: DraftedSpec, place: Path, only_here: set[str]
) -> str:
    if one.before is None:
        return f"rm {place}"
    if str(place) not in only_here:
        return f"git checkout -- {place}"
    data = one.before.encode()
    # Named by its text: a later draft's copy never takes its place.
    copy = project.data / FOLDER / f"{one.name}-{sha256(data).hexdigest()[:8]}.yaml"
    write(copy, data)
    return f"cp {copy.relative_to(project.root)} {place}"


def take_back(project: Project, draft: Draft, ways: Mapping[str, str]) -> str:
    """Put specs back whose modules were not built; return what was done.

    What a person has saved in their place meanwhile stays.
    """
    built = read_manifest(project.manifest).modules
    back: list[str] = []
    changed: list[str] = []
    stuck: list[str] = []
    for one in draft.specs:
        if one.name in built and built[one.name].spec == one.spec.digest():
            continue
        now = _text(project.spec(one.name))
        if now == one.text:
            (back if _put_back(project, one) else stuck).append(one.name)
        elif now != one.before:
            changed.append(one.name)
    told = f"stopped: {', '.join(back) or 'nothing'} taken back"
    if changed:
        told += f"; changed meanwhile and left as it is: {', '.join(changed)}"
    if stuck:
        told += f"; to be taken back by hand: {' && '.join(ways[n] for n in stuck)}"
    return told


def _put_back(project: Project, one: DraftedSpec) -> bool:
    """Put one spec back; False where the disk lets nobody."""
    path = project.spec(one.name)
    try:
        if one.before is None:
            path.unlink(missing_ok=True)
        else:
            write(path, one.before.encode())
    except (OSError, WriteFailed):
        return False
    return True


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError:
        return ""  # whatever lies there, it is not what was written
