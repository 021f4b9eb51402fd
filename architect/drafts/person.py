"""The person at a terminal, for commands: told on stderr, shown on stdout."""

from __future__ import annotations

import os
import sys

from architect.drafts.draft import Draft
from architect.typed import answer


class TerminalPerson:
    """Asks on the terminal where there is one; `quiet` shows nothing (for --json)."""

    def __init__(self, quiet: bool = False, there: bool | None = None) -> None:
        self.quiet = quiet
        self.there = sys.stdin.isatty() if there is None else there

    def tell(self, text: str) -> None:
        """Say something about the work on stderr."""
        print(text, file=sys.stderr, flush=True)

    def show(self, draft: Draft) -> None:
        """Show a draft with its diff on stdout."""
        if not self.quiet:
            sys.stdout.write(as_text(draft, colour=has_colour()) + "\n")
            sys.stdout.flush()

    def answer(self, question: str) -> str:
        """Ask on the terminal; the end of input is no answer."""
        return answer(question)


def has_colour() -> bool:
    """Tell whether stdout is a terminal that shows colours, and nobody minds."""
    dumb = os.environ.get("TERM", "dumb") == "dumb" or bool(os.environ.get("NO_COLOR"))
    return sys.stdout.isatty() and not dumb


def as_text(draft: Draft, colour: bool = False) -> str:
    """Return a draft as a person reads it: remarks, diffs, what is wrong, what to know."""
    parts = [draft.remarks] if draft.remarks else []
    parts += [_coloured(diff) if colour else diff for diff in draft.diffs]
    parts += [f"question: {question}" for question in draft.questions]
    parts += [f"error: {problem}" for problem in draft.problems]
    parts += [f"warning: {warning}" for warning in draft.warnings]
    return "\n\n".join(part for part in parts if part)


def _coloured(diff: str) -> str:
    marks = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
    lines = (
        f"{marks[line[0]]}{line}\x1b[0m" if line[:1] in marks else line
        for line in diff.splitlines()
    )
    return "\n".join(lines)
