"""Locks that a killed git left behind: taken away when no git runs, and only then."""

from __future__ import annotations

import time
from pathlib import Path

from core.errors import GitError

WAIT_S = 5.0
# Younger ones may be of a program that is no git of ours, such as an editor's plug-in.
OLD_S = 1.0


def clear_stale_locks(git_dir: Path, top: Path) -> None:
    """Remove stale locks; GitError when another git holds one for longer than WAIT_S."""
    deadline = time.monotonic() + WAIT_S
    while held := [lock for lock in _locks(git_dir) if lock.exists()]:
        if not _git_runs(top):
            for lock in held:
                if _age_s(lock) > OLD_S:
                    lock.unlink(missing_ok=True)
        if time.monotonic() > deadline:
            raise GitError(
                f"{held[0]} is held by another git",
                hint="let it finish, then try again",
            )
        time.sleep(0.05)


def _locks(git_dir: Path) -> list[Path]:
    """Return the locks that a commit takes: of the index, of HEAD and of its branch.

    In a linked worktree the branches are those of the main one.
    """
    locks = [git_dir / "index.lock", git_dir / "HEAD.lock"]
    try:
        head = (git_dir / "HEAD").read_text().strip()
    except OSError:
        return locks
    if head.startswith("ref: "):
        locks.append(_common(git_dir) / f"{head.removeprefix('ref: ')}.lock")
    return locks


def _common(git_dir: Path) -> Path:
    try:
        return git_dir / (git_dir / "commondir").read_text().strip()
    except OSError:
        return git_dir


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _git_runs(top: Path) -> bool:
    """Tell whether a git runs in this folder; where that cannot be known, yes."""
    processes = Path("/proc")
    if not (processes / "self" / "comm").exists():
        return True
    return any(_is_git_in(entry, top) for entry in processes.glob("[0-9]*"))


def _is_git_in(process: Path, top: Path) -> bool:
    try:
        name = (process / "comm").read_text().strip()
        if name != "git" and not name.startswith("git-"):
            return False
        folder = (process / "cwd").resolve(strict=True)
    except PermissionError:
        return True  # another user's git: it may be here
    except OSError:
        return False  # it has ended meanwhile
    return folder.is_relative_to(top.resolve())
