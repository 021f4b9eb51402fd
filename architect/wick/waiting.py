"""What keeps a version from being taken in now and will pass: the job comes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from architect.repository import Repository
from core.errors import Busy, GitError, StoreError, WriteFailed

# The stores are away, another run is in the way, or the disk is full: nothing of it is a
# fault of what is repaired, nor of the worker.
PASSING = (StoreError, Busy, WriteFailed)


@contextmanager
def until_committed() -> Iterator[None]:
    """Busy where git or the disk refuses what was begun: it may be live, and whoever
    builds next completes it."""
    try:
        yield
    except GitError as error:
        raise Busy(f"it waits for git: {error}", hint=error.hint) from None
    except WriteFailed as error:
        raise Busy(f"it waits for the disk: {error}", hint=error.hint) from None


def wait_for_git(repository: Repository) -> None:
    """Busy while git would take no commit, as in a merge: nothing may go live then."""
    with until_committed():
        repository.ready()
