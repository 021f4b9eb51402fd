"""A streamed answer on its way to the terminal: no key in it, nothing a terminal obeys.

A key may come in two pieces, so the last part of what came is held back until it is known
not to be the beginning of one.
"""

from __future__ import annotations

from collections.abc import Callable

from architect.drafts.answer import printable
from architect.secrets import Secrets


class CleanStream:
    """A callable for the pieces of an answer; `end` gives out what was held back.

    `any` tells whether something of the answer was shown.
    """

    def __init__(self, out: Callable[[str], None], secrets: Secrets) -> None:
        self._out, self._secrets = out, secrets
        self._held = ""
        self._most = max((len(value) for value in secrets.values), default=1)
        self.any = False

    def __call__(self, piece: str) -> None:
        """Take a piece; give out what is safe to show."""
        self._held += piece
        # Whole words only: what merely looks like a key is told by its end.
        cut = max(len(self._held) - self._most, 0)
        cut = max(self._held.rfind(" ", 0, cut), self._held.rfind("\n", 0, cut)) + 1
        for value in self._secrets.values:
            start = self._held.find(value, max(cut - len(value), 0))
            if 0 <= start < cut < start + len(value):
                cut = start
        self._give(self._held[:cut])
        self._held = self._held[cut:]

    def end(self) -> None:
        """Give out the rest."""
        self._give(self._held)
        self._held = ""

    def cut(self) -> None:
        """Take what came for no answer: its try failed, and the next begins a line."""
        try:
            self.end()
            if self.any:
                self._out("\n")
        finally:
            self._held, self.any = "", False

    def _give(self, text: str) -> None:
        if text:
            self.any = True
            self._out(printable(self._secrets.scrub(text)))
