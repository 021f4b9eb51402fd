"""A draft: what a model proposed for one sentence, as text and as specs. Plain data."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from core.spec import Spec


@dataclass(frozen=True, slots=True)
class DraftedSpec:
    """One proposed spec file; `before` is the text on disk, None for a new one."""

    spec: Spec
    text: str
    before: str | None = None

    @property
    def name(self) -> str:
        """The module's name."""
        return self.spec.name

    @property
    def diff(self) -> str:
        """The change as a unified diff; a new file is all plus lines."""
        return _diff(self.name, self.before, self.text)


@dataclass(frozen=True, slots=True)
class RemovedSpec:
    """One spec file that is to go; `before` is its text on disk."""

    name: str
    before: str

    @property
    def diff(self) -> str:
        """The change as a unified diff: all minus lines."""
        return _diff(self.name, self.before, None)


def _diff(name: str, before: str | None, after: str | None) -> str:
    place = f"specs/trading/{name}.yaml"
    lines = difflib.unified_diff(
        (before or "").splitlines(),
        (after or "").splitlines(),
        "/dev/null" if before is None else f"a/{place}",
        "/dev/null" if after is None else f"b/{place}",
        lineterm="",
    )
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Draft:
    """Proposed specs, or the questions that have to be answered first.

    `removed` are specs that are to go, with their modules. `remarks` is what the model said
    around them; `problems` are why the draft may not be written yet, `warnings` what a
    person should know of it.
    """

    specs: tuple[DraftedSpec, ...] = ()
    questions: tuple[str, ...] = ()
    remarks: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    model: str = ""
    removed: tuple[RemovedSpec, ...] = ()

    @property
    def sound(self) -> bool:
        """Tell whether it could be written with a yes."""
        proposed = self.specs or self.removed
        return bool(proposed) and not self.problems and not self.questions

    @property
    def names(self) -> list[str]:
        """The names of the specs that it writes."""
        return [one.name for one in self.specs]

    @property
    def gone(self) -> list[str]:
        """The names of the specs that it removes."""
        return [one.name for one in self.removed]

    @property
    def changes(self) -> tuple[DraftedSpec | RemovedSpec, ...]:
        """The specs that it writes and those that it removes."""
        return (*self.specs, *self.removed)

    @property
    def diffs(self) -> list[str]:
        """All that it changes, one file each."""
        return [one.diff for one in self.changes]
