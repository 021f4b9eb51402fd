"""Follows the kill switch's file, so that each halt and each end of one is told once.

The file says it whoever threw the switch: a person by `architect halt` or `touch`, the
gateway, or the end of the exchange's API.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from architect.system.person import Person
from architect.system.told import Told
from core.trading import kill_file


class Halts:
    """`begin`, then `look` again and again, then `end`; `say` writes a line for who watches."""

    def __init__(
        self, switch: Path, person: Person, told: Told, say: Callable[[str], None]
    ) -> None:
        self._switch, self._person = switch, person
        self._told, self._say = told, say
        self._known: str | None = None
        self._seen: str | None = None
        self._number = self._noted = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Say whether it is halted; tell what came or ended since a person was told last."""
        reason = self._known = self._seen = kill_file.read(self._switch)
        before = self._told.halt
        if reason is not None:
            self._say(f"HALTED: {reason}; architect resume allows new entries")
        if reason != before:
            self._tell(reason, before)

    def look(self) -> None:
        """Say and tell what has changed.

        A change counts when two looks show it: the file is there before its reason is.
        """
        reason = kill_file.read(self._switch)
        if reason == self._seen and reason != self._known:
            before, self._known = self._known, reason
            if reason is not None:
                self._say(f"HALTED: {reason}; exits and stops still pass")
            else:
                self._say(f"resumed; it was halted for: {before}")
            self._tell(reason, before)
        self._seen = reason

    def heard(self, reason: str) -> None:
        """Say and tell a halt of the gateway's that its file does not show. From any thread.

        Once a disk takes it, it is told like any other, for then it outlasts the gateway.
        """
        if kill_file.takes(self._switch, kill_file.one_line(reason)):
            text = f"{reason}; it cannot be written, so it ends with the gateway"
            # First: whoever watches may be gone, and then saying it fails.
            self._person.tell("halt", f"halt: {text}")
            self._say(f"HALTED: {text}; exits and stops still pass")

    def end(self) -> None:
        """Tell what the last moment has changed."""
        self.look()
        self.look()

    def _tell(self, reason: str | None, before: str | None) -> None:
        self._number += 1
        taken = partial(self._taken, self._number, reason)
        if reason is not None:
            self._person.tell("halt", f"halt: {reason}", taken=taken)
        else:
            text = f"resumed, new entries are allowed; it was halted for: {before}"
            self._person.tell("resume", text, taken=taken)

    def _taken(self, number: int, reason: str | None) -> None:
        """Note what was told, unless a faster way has taken what came after it."""
        with self._lock:
            if number > self._noted:
                self._noted = number
                self._told.note_halt(reason)
