"""What a run of the pipeline did, by module name."""

from __future__ import annotations

from dataclasses import dataclass, field

from architect.code_generator import Generated
from core.errors import ArchitectError


@dataclass
class Outcome:
    """Built and refused with their verdicts, failed with their errors.

    `skipped` were not tried, because of what they use or because the run was stopped;
    `fresh` had nothing to be done.
    """

    built: dict[str, Generated] = field(default_factory=dict)
    refused: dict[str, Generated] = field(default_factory=dict)
    failed: dict[str, ArchitectError] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether everything that was asked for stands."""
        return not (self.refused or self.failed or self.skipped)

    def stands(self, name: str) -> bool:
        """Tell whether others may build on a module, as far as this run knows."""
        return not any(
            name in kind for kind in (self.refused, self.failed, self.skipped)
        )

    def after(self, first: Outcome) -> Outcome:
        """Return what two runs came to; what this one did anew is no longer the first's."""
        anew = {*self.built, *self.refused, *self.failed, *self.skipped, *self.fresh}
        anew |= {*self.removed}
        refused = {n: made for n, made in first.refused.items() if n not in anew}
        failed = {n: error for n, error in first.failed.items() if n not in anew}
        return Outcome(
            built={**first.built, **self.built},
            refused={**refused, **self.refused},
            failed={**failed, **self.failed},
            skipped=[*(n for n in first.skipped if n not in anew), *self.skipped],
            fresh=list(self.fresh),
            removed=list(dict.fromkeys([*first.removed, *self.removed])),
        )
