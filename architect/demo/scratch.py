"""The demo's own clone of the project, so that the user's checkout stays clean."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Busy, GitError
from core.manifest import Manifest, render_manifest
from core.project import Project
from core.stores.open import FOLDER
from core.stores.places import remove as remove_stores

if TYPE_CHECKING:
    import git


@contextmanager
def demo_lock(project: Project) -> Iterator[Path]:
    """Yield the demo's folder, ours alone; Busy while another demo runs."""
    folder = project.data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "demo.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            raise Busy(
                f"another demo runs in this checkout (process {holder})",
                hint="wait for it to end, or clone the repository again for a second one",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield folder
    finally:
        os.close(descriptor)


def fresh_clone(project: Project, folder: Path) -> Project:
    """Clone the committed state and take all modules out: only specs and replies are left."""
    import git

    scratch = Project(folder / "project", project.package)
    if scratch.root.exists():
        # Root's servers may have their data elsewhere: that goes too.
        remove_stores(scratch.data / FOLDER)
        shutil.rmtree(scratch.root)
    try:
        clone = git.Repo.clone_from(
            str(project.root), scratch.root, multi_options=["--quiet"]
        )
    except git.GitCommandError as error:
        said = str(error.stderr or error).strip()
        raise GitError(
            f"cannot clone {project.root}: {said}", hint="git status"
        ) from None
    _empty(clone, scratch)
    return scratch


def _empty(clone: git.Repo, scratch: Project) -> None:
    modules = [
        str(path.relative_to(scratch.root)) for path in scratch.generated.glob("*.py")
    ]
    if modules:
        clone.git.rm("--quiet", "--", *modules)
    scratch.manifest.write_text(render_manifest(Manifest()), encoding="utf-8")
    clone.git.add("--", scratch.manifest.name)
    who = ["-c", "user.name=Architect", "-c", "user.email=architect@localhost"]
    words = ["commit", "--quiet", "--allow-empty", "--message"]
    clone.git.execute(["git", *who, *words, "Start from specs and replies alone"])


def uncommitted(project: Project) -> bool:
    """Tell whether the checkout has changes that the demo's clone does not."""
    import git

    return bool(git.Repo(project.root).is_dirty(untracked_files=False))
