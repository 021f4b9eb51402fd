"""What a person sees while work goes on: progress on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any


class Progress:
    """A progress bar over modules; a context manager that is called for each event."""

    def __init__(self, title: str, total: int, quiet: bool = False) -> None:
        self._title, self._total, self._quiet = title, total, quiet
        self._bar: Any = None
        self._task: Any = None

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

    def __call__(self, name: str, what: str, detail: str) -> None:
        """Show that `what` happens to module `name`."""
        if self._quiet:
            return
        if self._bar is None:
            if what != "building":
                print(f"{what:8} {name}: {_first_line(detail)}", file=sys.stderr)
            return
        if what == "building":
            self._bar.update(self._task, description=f"{self._title} {name}")
        else:
            self._bar.advance(self._task)
            self._bar.console.print(f"{what:8} {name}: {_first_line(detail)}", highlight=False)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _bar(title: str, total: int) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    bar = RichProgress(
        TextColumn("{task.description:40}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    return bar, bar.add_task(title, total=total)
