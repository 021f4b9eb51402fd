"""The places of a body at which something must have been seen, and how that is said.

A place asks for some of these, each a bit: that it ran, that it was true, that it was
false, that it had two values, that it differed from each of its operands, that each of
its arguments was the one chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

RAN, TRUE, FALSE, VARIED = 1, 2, 4, 8
# From these bits on, one for each operand or argument.
CHANGED, CHOSEN = 1 << 4, 1 << 20


@dataclass(frozen=True)
class Point:
    """One place: its line in the body's file, its text, and what must be seen of it.

    `operands` are the texts of what it may differ from or choose; `guards` tells that it
    decides whether an error is raised.
    """

    line: int
    text: str
    needs: int
    operands: tuple[str, ...] = ()
    guards: bool = False

    def missing(self, seen: int) -> str | None:
        """Return what was not seen in any test, None when all was."""
        left = self.needs & ~seen
        if not left:
            return None
        if not seen & RAN:
            return f"{self._shown()} never runs"
        for bit, how in ((TRUE, "never true"), (FALSE, "never false")):
            if left & bit:
                return f"`{self.text}` is {how}"
        if left & VARIED:
            return f"`{self.text}` has one and the same value"
        for i, operand in enumerate(self.operands):
            if left & CHANGED << i:
                return f"`{self.text}` is never anything but `{operand}`"
            if left & CHOSEN << i:
                return f"`{self.text}` is never `{operand}`"
        return f"`{self.text}` makes no difference"

    def _shown(self) -> str:
        return self.text if "`" in self.text else f"`{self.text}`"
