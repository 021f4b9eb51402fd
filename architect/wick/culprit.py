"""When nothing passes: is it the spec that asks for what cannot be, and in which line?

Three signs, the surest first: the spec contradicts itself; every clone breaks the same
claim; no candidate of the search passes a claim, or whichever does breaks another one.
It names a line; to change it is a person's decision.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from architect.gate.verdict import CounterExample, Verdict
from architect.spec_check import check_spec, errors
from architect.wick.spec_search.order import Ended
from core import plain_data, types
from core.plain_data import dump
from core.spec import Spec
from core.spec_graph import SpecGraph

# So many different bodies, or candidates of the search, make one claim suspect.
CLONES, CANDIDATES = 2, 100
# A claim: the key of the spec that it stands under, and its number there.
Claim = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Culprit:
    """Lines of a spec, from 1, the likeliest first; `why` says what speaks against it."""

    lines: tuple[int, ...]
    why: str
    text: str

    def told(self, place: str) -> str:
        """Return it as a person is told."""
        shown = " and ".join(f"{place}:{line}" for line in self.lines)
        return f"the spec is the likely culprit, {shown}: {self.why}: {self.text}"


@dataclass(frozen=True)
class Suspects:
    """One spec under suspicion; `path` is its file."""

    spec: Spec
    graph: SpecGraph
    records: Mapping[str, type]
    path: Path

    def find(
        self, failure: str, refused: Sequence[Verdict], ended: Ended | None
    ) -> Culprit | None:
        """Return the likeliest culprit, None where nothing speaks against the spec.

        `failure` is how the failing body failed, `refused` are the verdicts of the clones.
        """
        return (
            self._contradiction()
            or self._of_all_clones(refused)
            or (self._of_search(ended, self._told(failure)) if ended else None)
        )

    def _contradiction(self) -> Culprit | None:
        for finding in errors(check_spec(self.spec, self.graph, self.records)):
            claims = [
                ("examples", number)
                for number, example in enumerate(self.spec.examples)
                if f"example {example.name or number + 1}" in _named(finding.message)
            ]
            claims += [c for c in self._claims() if self._text(c) in finding.message]
            return self._culprit(claims, "it contradicts itself", finding.message)
        return None

    def _of_all_clones(self, refused: Sequence[Verdict]) -> Culprit | None:
        told = [verdict for verdict in refused if verdict.stage != "structure"]
        claims = {self._claim(verdict) for verdict in told}
        if len(told) < CLONES or len(claims) != 1:
            return None
        claim = next(iter(claims))
        if claim is None:
            return None
        why = f"all {len(told)} clones that the gate ran fail the same claim"
        return self._culprit([claim], why)

    def _of_search(self, ended: Ended, failed: Claim | None) -> Culprit | None:
        tally = ended.tally
        if ended.candidates < CANDIDATES:
            return None
        tried = f"none of {ended.candidates} candidates"
        never = [c for name in tally.never if (c := self._named(name) or failed)]
        if never:
            return self._culprit(never[:1], f"{tried} keeps it")
        broken = self._commonest(tally.broken_by)
        failing = [c for name in tally.failing if (c := self._named(name) or failed)]
        if broken is None or not tally.failing:
            return None
        why = (
            f"{tried} keeps both"
            if failing
            else f"{tried} keeps it and mends the failure"
        )
        return self._culprit([*failing[:1], broken], why)

    def _commonest(self, counted: Counter[str]) -> Claim | None:
        for name, _ in counted.most_common():
            if (claim := self._named(name)) is not None:
                return claim
        return None

    # --- claims --------------------------------------------------------------------

    def _claims(self) -> list[Claim]:
        counts = {
            "ensures": len(self.spec.ensures), "properties": len(self.spec.properties)
        }  # fmt: skip
        return [(key, n) for key, count in counts.items() for n in range(count)]

    def _text(self, claim: Claim) -> str:
        key, number = claim
        if key == "ensures":
            return self.spec.ensures[number]
        if key == "properties":
            return f"property {self.spec.properties[number].name!r}"
        example = self.spec.examples[number]
        return f"example {example.name or number + 1}"

    def _named(self, check: str) -> Claim | None:
        """Return the claim of a check of the search."""
        word, _, rest = check.partition(" ")
        if word == "example":
            return "examples", int(rest)
        if word == "property":
            names = [prop.name for prop in self.spec.properties]
            return ("properties", names.index(rest)) if rest in names else None
        if word == "ensures" and len(self.spec.ensures) == 1:
            return "ensures", 0
        return None

    def _claim(self, verdict: Verdict) -> Claim | None:
        """Return the claim of the spec that a refused clone broke."""
        message = verdict.findings[0].message if verdict.findings else ""
        return self._told(message) or self._example(
            verdict.private or verdict.counter_example
        )

    def _told(self, message: str) -> Claim | None:
        """Return the claim that a failure's message names."""
        message = re.sub(r"^line \d+: ", "", message)
        for claim in self._claims():
            text = self._text(claim)
            start = f"ensures: {text}" if claim[0] == "ensures" else text
            if message.startswith(start):
                return claim
        return None

    def _example(self, shown: CounterExample | None) -> Claim | None:
        if shown is None:
            return None
        given = dump(shown.given)
        for number, example in enumerate(self.spec.examples):
            if self._loaded(example.given) == given:
                return "examples", number
        return None

    def _loaded(self, given: Mapping[str, Any]) -> Any:
        kinds = {name: types.parse(p.type) for name, p in self.spec.params.items()}
        return dump(
            {n: plain_data.load(kinds[n], v, self.records) for n, v in given.items()}
        )

    # --- lines ---------------------------------------------------------------------

    def _culprit(
        self, claims: Sequence[Claim], why: str, text: str = ""
    ) -> Culprit | None:
        lines = tuple(dict.fromkeys(self._line(claim) for claim in claims))
        if not lines:
            return None
        shown = text or ", ".join(self._text(claim) for claim in claims)
        return Culprit(lines, why, shown)

    def _line(self, claim: Claim) -> int:
        key, number = claim
        root: Any = yaml.compose(self.path.read_text(encoding="utf-8"), yaml.SafeLoader)
        for name, value in root.value:
            if name.value == key:
                item = value.value[number]
                return int(item.start_mark.line) + 1
        return 1


def _named(message: str) -> list[str]:
    """Return the examples that a finding names."""
    found = re.match(r"(example .+?)(?: contradicts (example .+?))?:", message)
    return [name for name in found.groups() if name] if found else []
