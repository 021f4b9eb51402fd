"""A spec below its threshold is not built, unless its author says so."""

from __future__ import annotations

from architect.gate.verdict import Verdict
from core.errors import SpecTooWeak


def check_threshold(name: str, verdict: Verdict) -> None:
    """SpecTooWeak, with some survivors, where strength was measured and is too small."""
    caught = verdict.caught
    if caught is None or caught.enough:
        return
    raise SpecTooWeak(
        f"its tests catch {caught.as_text()} of the wrong programs tried, "
        f"{caught.threshold:g} are asked for\n\n{caught.survivors}\n",
        hint="add what is right of these to its examples, or build it as it is: "
        f"architect generate {name} --weak",
    )
