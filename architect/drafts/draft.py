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
        old = (self.before or "").splitlines()
        place = f"specs/trading/{self.name}.yaml"
        source = f"a/{place}" if self.before is not None else "/dev/null"
        lines = difflib.unified_diff(
            old, self.text.splitlines(), source, f"b/{place}", lineterm=""
        )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Draft:
    """Proposed specs, or the questions that have to be answered first.

    `remarks` is what the model said around them; `problems` are why the draft may not be
    written yet, `warnings` what a person should know of it.
    """

    specs: tuple[DraftedSpec, ...] = ()
    questions: tuple[str, ...] = ()
    remarks: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    model: str = ""

    @property
    def sound(self) -> bool:
        """Tell whether it could be written with a yes."""
        return bool(self.specs) and not self.problems and not self.questions

    @property
    def names(self) -> list[str]:
        """The names of the proposed specs."""
        return [one.name for one in self.specs]
