"""One thing said in a chat. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("person", "architect", "note")


@dataclass(frozen=True, slots=True)
class Turn:
    """`role` is person, architect or note (what became of a proposal)."""

    role: str
    text: str
    time_ms: int
