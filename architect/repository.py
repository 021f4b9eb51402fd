"""Git: one commit a module, and the history of a module read back.

The only place that calls git. A commit takes exactly the paths it is given, so what a
person has staged or changed elsewhere stays as it is. A lock that a killed git left
behind is taken away only when no process holds it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import GitError

if TYPE_CHECKING:
    import git

LOCK_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: `time_s` is UTC seconds; trailers by their key."""

    id: str
    time_s: int
    subject: str
    body: str
    trailers: Mapping[str, str]


class Repository:
    """The git repository whose top is the project's root."""

    def __init__(self, root: Path) -> None:
        import git

        try:
            self._repo: git.Repo = git.Repo(root)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError):
            raise GitError(f"{root} is not a git repository", hint="git init") from None
        self.root = root

    def commit(self, paths: Sequence[Path], message: str) -> str | None:
        """Commit these paths as they are on disk; None when nothing changed.

        GitError when git refuses, with git's own words.
        """
        names = [str(path.relative_to(self.root)) for path in paths]
        self._clear_stale_lock()
        self._run("add", "--force", "--", *names)
        if not self._run("status", "--porcelain", "--", *names).strip():
            return None
        self._run("commit", "--quiet", "--only", "--message", message, "--", *names)
        return self.head()

    def head(self) -> str:
        """Return the id of the current commit, empty before the first."""
        import git

        try:
            return str(self._repo.git.rev_parse("--verify", "--quiet", "HEAD"))
        except git.GitCommandError:
            return ""

    def log(self, path: Path) -> list[Commit]:
        """Return the commits that touched `path`, newest first."""
        if not self.head():
            return []
        layout = "%H%x1f%at%x1f%s%x1f%b%x1f%(trailers:only,unfold)%x1e"
        text = self._run("log", f"--format={layout}", "--", str(path.relative_to(self.root)))
        return [_commit(block) for block in text.split("\x1e") if block.strip()]

    def show(self, commit: str, path: Path) -> bytes | None:
        """Return a file as it was at a commit, None if it was not there."""
        import git

        name = path.relative_to(self.root).as_posix()
        try:
            blob = self._repo.commit(commit).tree / name
        except (KeyError, git.BadName, ValueError):
            return None
        data: bytes = blob.data_stream.read()
        return data

    def tracked_changes(self, path: Path) -> bool:
        """Tell whether `path` differs from the last commit (or is new)."""
        name = str(path.relative_to(self.root))
        return bool(self._run("status", "--porcelain", "--", name).strip())

    def _run(self, *words: str) -> str:
        import git

        try:
            return str(self._repo.git.execute(["git", *words], env=self._environment()))
        except git.GitCommandNotFound:
            raise GitError("git is not installed", hint="apt install git") from None
        except git.GitCommandError as error:
            said = str(error.stderr or error).strip().removeprefix("stderr: ").strip("'\n ")
            raise GitError(f"git {words[0]} failed: {said}", hint=_hint(said)) from None

    def _environment(self) -> dict[str, str]:
        """Give an identity where the machine has none, so that a commit never fails for it."""
        reader = self._repo.config_reader()
        known = reader.get_value("user", "email", "") or os.environ.get("EMAIL")
        if known or os.environ.get("GIT_AUTHOR_EMAIL"):
            return {}
        who = {"NAME": "Architect", "EMAIL": "architect@localhost"}
        return {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()}

    def _clear_stale_lock(self) -> None:
        lock = Path(self._repo.git_dir) / "index.lock"
        deadline = time.monotonic() + LOCK_WAIT_S
        while lock.exists():
            if not _held(lock) and _age_s(lock) > 1.0:
                lock.unlink(missing_ok=True)
                return
            if time.monotonic() > deadline:
                raise GitError(
                    f"{lock} is held by another git", hint="let it finish, then try again"
                )
            time.sleep(0.05)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _held(path: Path) -> bool:
    """Tell whether any git process runs in the repository of this lock."""
    top = path.parent.parent
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name = (entry / "comm").read_text().strip()
            if name == "git" and (entry / "cwd").resolve() == top.resolve():
                return True
        except OSError:
            continue
    return False


def _hint(said: str) -> str | None:
    if "index.lock" in said:
        return "another git runs in this folder: let it finish, then try again"
    if "No space left" in said:
        return "free some disk space, then run the command again: nothing is lost"
    return None


def _commit(block: str) -> Commit:
    commit_id, time_s, subject, body, trailers = block.strip("\n").split("\x1f")
    pairs = (line.partition(": ") for line in trailers.splitlines() if ": " in line)
    prose = body.replace(trailers.strip(), "").strip() if trailers.strip() else body.strip()
    return Commit(commit_id, int(time_s), subject, prose, {k: v for k, _, v in pairs})
