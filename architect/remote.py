"""The git remote that workers on several machines share: follow it, push to it.

Only fast-forwards are ever taken; a commit of ours that comes too late is put on top of
what came before it. Nothing here judges what a commit holds.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from architect.atomic import write
from architect.repository import Repository
from core.errors import Busy, GitError

ATTEMPTS = 3


@dataclass
class Remote:
    """One remote of a repository, at the branch that is checked out when it is made."""

    repository: Repository
    name: str
    _began: str = ""

    def __post_init__(self) -> None:
        with contextlib.suppress(GitError):  # who needs the branch is told
            self._began = self.branch

    @property
    def branch(self) -> str:
        """The branch that is checked out; GitError when none is, or another than before."""
        found = self.repository.run("rev-parse", "--abbrev-ref", "HEAD").strip()
        if found == "HEAD":
            raise GitError("no branch is checked out", hint="git switch main")
        self._began = self._began or found
        if found != self._began:
            raise GitError(
                f"the branch is {found}, no longer {self._began}: nothing of it is shared",
                hint=f"git switch {self._began}, or start wick again",
            )
        return found

    @property
    def tracking(self) -> str:
        """Where the remote's branch is noted here."""
        return f"refs/remotes/{self.name}/{self.branch}"

    def fetch(self) -> str:
        """Fetch the branch; return the id of its newest commit."""
        refs = f"+refs/heads/{self.branch}:{self.tracking}"
        self.repository.run("fetch", "--quiet", self.name, refs)
        return self.repository.run("rev-parse", "--verify", self.tracking).strip()

    def incoming(self) -> list[str]:
        """Return the commits that the remote has and we have not, the oldest first.

        GitError when we have others that it has not: neither side wins by itself.
        """
        ours = self._between(self.tracking, "HEAD")
        theirs = self._between("HEAD", self.tracking)
        if ours and theirs:
            raise GitError(
                f"{self.name}/{self.branch} and this clone went different ways",
                hint=f"git fetch {self.name}, git rebase {self.name}/{self.branch}, git push",
            )
        return theirs

    def unpushed(self, path: str) -> bool:
        """Tell whether commits of ours that the remote had not change a path."""
        return bool(self._between(self.tracking, "HEAD", path))

    def _between(self, start: str, end: str, *paths: str) -> list[str]:
        words = ("rev-list", "--reverse", f"{start}..{end}", "--", *paths)
        return self.repository.run(*words).split()

    def paths(self, *trees: str) -> list[str]:
        """Return the paths that a commit changes, deletes or renames, or that differ
        between two: a merge tells nothing of what it changes itself."""
        words = ("--no-commit-id", "--name-only", "--no-renames", "-r")
        return self.repository.run("diff-tree", *words, *trees).splitlines()

    def follow(self) -> None:
        """Take over what the remote has; ours that it has not go on top of it.

        Busy while somebody rebases or bisects here: that is theirs to end.
        """
        self._wait_for_git()
        self.fetch()
        self._rebase()

    def push(self) -> str:
        """Push what we have, on top of what others pushed; return our newest commit's id.

        Busy when others are always faster, or changed the same: the job comes again.
        """
        self._wait_for_git()
        for _ in range(ATTEMPTS):
            with contextlib.suppress(GitError):
                return self.offer()
            self.fetch()
            self._rebase()
        raise Busy(
            f"{self.name} does not take our commits", hint=f"git push {self.name}"
        )

    def offer(self) -> str:
        """Push what we have as it is; GitError when others were faster."""
        self.repository.run(
            "push", "--quiet", self.name, f"HEAD:refs/heads/{self.branch}"
        )
        return self.repository.head()

    def _wait_for_git(self) -> None:
        if self._mark.exists():  # a run of ours was killed at it
            with contextlib.suppress(GitError):
                self.repository.run("rebase", "--abort")
            self._mark.unlink()
        try:
            self.repository.ready()
        except GitError as error:
            raise Busy(f"a pull waits for git: {error}", hint=error.hint) from None

    @property
    def _mark(self) -> Path:
        """A file that says that the rebase under way is ours."""
        found = self.repository.run("rev-parse", "--git-path", "architect-rebase")
        return self.repository.root / found.strip()

    def _rebase(self) -> None:
        mark = self._mark
        write(mark, b"")
        try:
            self.repository.run("rebase", "--quiet", "--autostash", self.tracking)
        except GitError:
            with contextlib.suppress(GitError):
                self.repository.run("rebase", "--abort")
            raise Busy(
                f"our commits do not go on top of {self.name}/{self.branch}",
                hint=f"git rebase {self.name}/{self.branch}",
            ) from None
        finally:
            mark.unlink()
