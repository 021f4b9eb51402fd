"""What keeps a version from being taken in now and will pass: the job comes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from architect.repository import Repository
from core.errors import Busy, GitError


@contextmanager
def until_committed() -> Iterator[None]:
    """Busy where git refuses a commit that was begun: what is in it may be live."""
    try:
        yield
    except GitError as error:
        raise Busy(f"it waits for git: {error}", hint=error.hint) from None


def wait_for_git(repository: Repository) -> None:
    """Busy while git would take no commit, as in a merge: nothing may go live then."""
    with until_committed():
        repository.ready()
