"""What a person sees while work goes on: progress on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

# Without a terminal a count is printed every so many percent.
EVERY_PERCENT = 10
# Why is told when all is done, with what to do about it.
AT_THE_END = ("refused", "failed")


class Progress:
    """A progress bar; a context manager. As a callable it follows the pipeline."""

    def __init__(
        self, title: str, total: int, quiet: bool = False, unit: str = "modules"
    ) -> None:
        self._title, self._total, self._quiet, self._unit = title, total, quiet, unit
        self._bar: Any = None
        self._task: Any = None
        self._printed = 0
        self._held: list[tuple[str, str]] = []

    def __enter__(self) -> Progress:
        if not self._quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._bar, self._task = _bar(self._title, self._total)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if error is not None and not self._quiet:  # the end that tells why never comes
            for name, detail in self._held:
                print(f"error: {name}: {detail}", file=sys.stderr, flush=True)

    def __call__(self, name: str, what: str, detail: str) -> None:
        """Show that `what` happens to module `name`."""
        if self._quiet:
            return
        if what == "building":
            if self._bar is not None:
                self._bar.update(self._task, description=f"{self._title} {name}")
            return
        if what == "asking":
            self.say(f"{name} is asked for again: {detail.partition(chr(10))[0]}")
            return
        if self._bar is not None:
            self._bar.advance(self._task)
        if what in AT_THE_END:
            self._held.append((name, detail))
            self.say(f"{what:8} {name}")
            return
        self.say(f"{what:8} {name}: {detail.partition(chr(10))[0]}")

    def at(self, done: int, headline: str) -> None:
        """Show how far it is."""
        if self._bar is not None:
            title = f"{self._title}: {headline}" if headline else self._title
            self._bar.update(self._task, completed=done, description=title)
            return
        percent = 100 * done // max(1, self._total)
        if not self._quiet and percent >= self._printed + EVERY_PERCENT:
            self._printed = percent - percent % EVERY_PERCENT
            self.say(f"{self._title}: {done} of {self._total} {self._unit}; {headline}")

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        if self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False)
        elif not self._quiet:
            print(text, file=sys.stderr, flush=True)


def _bar(title: str, total: int) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as RichProgress

    bar = RichProgress(
        TextColumn("{task.description:44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    return bar, bar.add_task(title, total=total)
