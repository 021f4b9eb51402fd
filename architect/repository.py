"""Git: one commit a module, and the history of a module read back.

The only place that calls git. A commit takes exactly the paths it is given, so what a
person has staged or changed elsewhere stays as it is. A lock that a killed git left
behind is taken away only when no git runs in this folder.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from architect.commit import LAYOUT, Commit, read_commits
from architect.git_locks import clear_stale_locks
from core.errors import GitError

if TYPE_CHECKING:
    import git

_FULL = "free some disk space, then run the command again: nothing is lost"
_HINTS = {
    "No space left": _FULL,
    "Out of diskspace": _FULL,
    "Disk quota exceeded": _FULL,
    "File exists": "another git runs in this folder: let it finish, then try again",
    "dubious ownership": "run it as the owner of the folder, or git config --global "
    "--add safe.directory '*'",
    "Permission denied": "give this user the right to write in .git",
    "insufficient permission": "give this user the right to write in .git",
}
# What somebody has begun: git's note of it, its name, what ends it. A rebase comes first:
# one that has stopped is a cherry-pick too.
_HALF_DONE = (
    ("rebase-merge", "rebase", "rebase --abort"),
    ("rebase-apply/applying", "git am", "am --abort"),
    ("rebase-apply", "rebase", "rebase --abort"),
    ("MERGE_HEAD", "merge", "merge --abort"),
    ("CHERRY_PICK_HEAD", "cherry-pick", "cherry-pick --abort"),
    ("REVERT_HEAD", "revert", "revert --abort"),
    ("BISECT_LOG", "bisect", "bisect reset"),
)


class Repository:
    """The git repository whose top is the project's root."""

    def __init__(self, root: Path) -> None:
        try:
            import git
        except ImportError:
            raise GitError("git is not installed", hint="apt install git") from None

        try:
            self._repo: git.Repo = git.Repo(root)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError):
            raise GitError(
                f"{root} is not a git repository",
                hint=f"git init {root} && git -C {root} add . && git -C {root} commit -m start",
            ) from None
        # What reads files of commits keeps git processes: they end with this object, also
        # where the garbage collector finds it in a circle and would end them in any order.
        weakref.finalize(self, self._repo.git.clear_cache).atexit = False
        self.root = root

    def commit(self, paths: Sequence[Path], message: str) -> str | None:
        """Commit these paths as they are on disk; None when nothing changed.

        A path that is gone is committed as gone; what git never had is left out.
        GitError when git refuses, with git's own words.
        """
        self.ready()
        # Git adds no path that is nowhere, though its deletion is staged already.
        if there := self._names(p for p in paths if p.exists() or self._tracks(p)):
            self.run("add", "--force", "--", *there)
        names = self._names(p for p in paths if self.knows(p))
        if not names or not self.run("status", "--porcelain", "--", *names).strip():
            return None
        self.run("commit", "--quiet", "--only", "--message", message, "--", *names)
        return self.head()

    def _names(self, paths: Iterable[Path]) -> list[str]:
        return [path.relative_to(self.root).as_posix() for path in paths]

    def ready(self) -> None:
        """GitError when git would take no commit now: for who writes files before it."""
        self._refuse_half_done()
        clear_stale_locks(Path(self._repo.git_dir), self.root)

    def is_ahead(self, commit: str) -> bool:
        """Tell whether a commit has all that the current one has: a fast-forward."""
        try:
            self.run("merge-base", "--is-ancestor", "HEAD", commit)
        except GitError:
            return False
        return True

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
            # Nothing was committed yet; GitError where git will not read it at all.
            self.run("rev-parse", "--git-dir")
            return []
        name = path.relative_to(self.root).as_posix()
        return read_commits(self.run("log", f"--format={LAYOUT}", "--", name))

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

    def knows(self, path: Path) -> bool:
        """Tell whether a commit can hold a path: it is there, or was and is gone.

        Who staged its deletion took it out of the index; the current commit has it still.
        """
        if path.exists() or self._tracks(path):
            return True
        tree = ("ls-tree", "--name-only", "HEAD", "--")
        return bool(self.head() and self.run(*tree, *self._names([path])))

    def _tracks(self, path: Path) -> bool:
        """Tell whether git's index holds a path."""
        return bool(self.run("ls-files", "--", *self._names([path])))

    def _refuse_half_done(self) -> None:
        """GitError while somebody is at something that takes commits away.

        Git takes no part of a merge, and its abort takes away what we had staged. A rebase
        and a bisect stand on no branch: their end takes the version that is live away.
        """
        for name, what, end in _HALF_DONE:
            if (Path(self._repo.git_dir) / name).exists():
                raise GitError(
                    f"a {what} is under way in {self.root}",
                    hint=f"finish it, or git {end}",
                )

    def run(self, *words: str) -> str:
        """Run one git command and return what it says; GitError with its own words."""
        import git

        try:
            # A session of its own: Ctrl-C at the terminal reaches us, not a half-done git.
            said = self._repo.git.execute(
                ["git", *words], env=self._identity, start_new_session=True
            )
        except git.GitCommandNotFound:
            raise GitError("git is not installed", hint="apt install git") from None
        except git.GitCommandError as error:
            raise _failed(words[0], error) from None
        return str(said)

    @cached_property
    def _identity(self) -> dict[str, str]:
        """An identity where the machine has none, so that a commit never fails for it."""
        known = {
            "NAME": self._setting("user.name"),
            "EMAIL": self._setting("user.email"),
        }
        known["EMAIL"] = known["EMAIL"] or os.environ.get("EMAIL", "")
        ours = {"NAME": "Architect", "EMAIL": "architect@localhost"}
        return {
            f"GIT_{role}_{key}": value
            for key, value in ours.items()
            for role in ("AUTHOR", "COMMITTER")
            if not known[key] and not os.environ.get(f"GIT_{role}_{key}")
        }

    def _setting(self, key: str) -> str:
        import git

        try:
            return str(self._repo.git.config("--get", key)).strip()
        except git.GitCommandError:
            return ""


def _failed(command: str, error: git.GitCommandError) -> GitError:
    said = str(error.stderr or error).strip().removeprefix("stderr: ").strip("'\n ")
    hint = next((hint for words, hint in _HINTS.items() if words in said), None)
    return GitError(f"git {command} failed: {said}", hint=hint or "git status")
