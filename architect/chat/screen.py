"""Where the chat shows things: rich on a terminal, plain text on a dumb one or a pipe.

What the architect says and what commands answer goes to stdout; notes go to stderr.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from architect.drafts.draft import Draft
from architect.drafts.person import as_text

if TYPE_CHECKING:
    from rich.console import Console


def is_rich() -> bool:
    """Tell whether both ends are a terminal that can do more than lines."""
    dumb = os.environ.get("TERM", "dumb") in ("dumb", "")
    return sys.stdin.isatty() and sys.stdout.isatty() and not dumb


class Screen:
    """Shows answers piece by piece, drafts with their diffs, notes and errors."""

    def __init__(self, rich: bool) -> None:
        self.rich = rich
        self._console: Console | None = None

    @property
    def console(self) -> Console:
        """Rich's console, made at first use."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(highlight=False)
        return self._console

    def piece(self, text: str) -> None:
        """Show a part of an answer; a sign that the terminal does not have as `?`."""
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()

    def line(self, text: str = "") -> None:
        """Show a line of an answer or of a command."""
        print(text, flush=True)

    def note(self, text: str) -> None:
        """Show what is no part of an answer."""
        if self.rich:
            self.console.print(text, style="dim", markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def error(self, text: str, hint: str | None = None) -> None:
        """Show what went wrong and what mends it."""
        print(f"error: {text}", file=sys.stderr)
        if hint:
            print(f"hint: {hint}", file=sys.stderr)
        sys.stderr.flush()

    def draft(self, draft: Draft) -> None:
        """Show proposed specs with their diffs, and what is wrong with them."""
        if not self.rich:
            self.line(as_text(draft))
            return
        if draft.remarks:
            self.console.print(draft.remarks, markup=False)
        for one in draft.specs:
            title = "new" if one.before is None else "changed"
            self._diff(f"{one.name} ({title})", one.diff)
        for gone in draft.removed:
            self._diff(f"{gone.name} (removed)", gone.diff)
        for question in draft.questions:
            self.console.print(f"question: {question}", markup=False)
        for problem in draft.problems:
            self.console.print(f"error: {problem}", style="red", markup=False)
        for warning in draft.warnings:
            self.console.print(f"warning: {warning}", style="yellow", markup=False)

    def _diff(self, title: str, diff: str) -> None:
        from rich.syntax import Syntax

        self.console.rule(title, align="left")
        self.console.print(Syntax(diff, "diff", background_color="default"))
