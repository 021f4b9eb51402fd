"""One commit as git's log tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Fields end in 0x1f and commits in 0x1e: neither is in a message.
LAYOUT = "%H%x1f%at%x1f%s%x1f%b%x1f%(trailers:only,unfold)%x1e"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: `time_s` is UTC seconds; trailers by their key."""

    id: str
    time_s: int
    subject: str
    body: str
    trailers: Mapping[str, str]


def read_commits(text: str) -> list[Commit]:
    """Return the commits of a log in LAYOUT."""
    return [_commit(block) for block in text.split("\x1e") if block.strip()]


def _commit(block: str) -> Commit:
    commit_id, time_s, subject, body, trailers = block.strip("\n").split("\x1f")
    pairs = (line.partition(": ") for line in trailers.splitlines() if ": " in line)
    prose = body.strip().removesuffix(trailers.strip()).strip()
    return Commit(commit_id, int(time_s), subject, prose, {k: v for k, _, v in pairs})
