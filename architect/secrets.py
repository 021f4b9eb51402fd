"""Keys and passwords as a set of texts: to find, to blot out, never to show.

It knows values, not places: whatever text is about to leave the process is compared
with them. It cannot see a key that somebody encoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.errors import ModelError

# Servers quote keys in part ("sk-ab***yz"), which is more than a log should hold.
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|xai)-[A-Za-z0-9_*-]{4,}|Bearer\s+\S+", re.I)

# A short password may be an ordinary word ("trading"), which no prompt can do without.
_SURELY_SECRET = 12


@dataclass(frozen=True, slots=True)
class Secrets:
    """Secret values, longest first, so that a part never survives its whole."""

    values: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, text: str) -> str:
        """Return the text with every secret, and what looks like a key, blotted out."""
        for value in self.values:
            text = text.replace(value, "***")
        return _KEY_LIKE.sub("***", text)

    def surely_in(self, text: str) -> bool:
        """Tell whether a text holds a long secret."""
        return any(v in text for v in self.values if len(v) >= _SURELY_SECRET)

    def refuse(self, what: str, text: str) -> None:
        """Raise ModelError when a text holds a long secret; the message does not."""
        if self.surely_in(text):
            raise ModelError(
                f"{what} holds one of the keys or passwords in the settings",
                hint="take it out of specs/ and prompts/; if it was sent, change the key",
            )
