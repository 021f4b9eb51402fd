"""What the gate answers: a verdict, its findings and one smallest counter-example.

Plain frozen data with two forms, text for a person and JSON for a program. Nothing
here decides anything.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import yaml

from core.plain_data import Plain, dump
from core.plain_words import counted


class _Unknown:
    """Stands for an expected value that nobody knows: only a property was broken."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"  # the same one, also from another process


UNKNOWN: Any = _Unknown()
# How much of a wrong result is shown.
SHOWN_ITEMS, SHOWN_CHARS = 100, 200


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which stage, on which line of the body (from 1)."""

    stage: str
    message: str
    line: int | None = None
    hint: str | None = None

    def as_text(self) -> str:
        """Return `stage: line N: message`, and the hint on a line of its own."""
        place = f"line {self.line}: " if self.line is not None else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self.stage}: {place}{self.message}{hint}"


@dataclass(frozen=True)
class CounterExample:
    """Inputs on which a candidate is wrong, smallest first found.

    `given` is plain YAML data. `expected` is UNKNOWN where only a property or an
    `ensures` was broken; `raises` names the error that was expected instead of a value.
    """

    given: dict[str, Plain]
    expected: Any
    got: Any
    why: str
    ports: dict[str, list[dict[str, Plain]]] | None = None
    raises: str | None = None

    def as_example(self) -> dict[str, Plain]:
        """Return the data of an example of the spec, without `expect` if unknown."""
        example: dict[str, Plain] = {"given": dump(self.given)}
        if self.raises is not None:
            example["raises"] = self.raises
        elif self.expected is not UNKNOWN:
            example["expect"] = dump(self.expected)
        if self.ports:
            example["ports"] = dump(self.ports)
        return example

    def as_yaml(self) -> str:
        """Return an item for the spec's `examples`, the reason as comments above it."""
        why = [f"# {line}" for line in self.why.splitlines()]
        got = f"# got: {_one_line(_few(dump(self.got)))}"
        text = yaml.safe_dump(
            [self.as_example()], sort_keys=False, default_flow_style=None, width=84
        )
        if self.raises is None and self.expected is UNKNOWN:
            text += "  # expect: the right value is yours to write\n"
        return "\n".join([*why, got, text])


@dataclass(frozen=True)
class Caught:
    """How many of the small wrong programs that differ a spec's tests catch.

    `survivors` shows some of the others to the spec's author. Like `Verdict.private` it
    is in neither form of the verdict: it may lie beside held-back examples.
    """

    killed: int
    differing: int
    threshold: float
    survivors: str = ""

    @property
    def share(self) -> float:
        """The caught share of the mutants that differ, 0 to 1."""
        return self.killed / self.differing if self.differing else 1.0

    @property
    def enough(self) -> bool:
        """Tell whether the spec's threshold is reached."""
        return self.share >= self.threshold

    def as_text(self) -> str:
        """Return `0.97 (41 of 42)`, never rounded up."""
        share = int(self.share * 100) / 100
        return f"{share:.2f} ({self.killed} of {self.differing})"


@dataclass(frozen=True)
class Verdict:
    """The gate's answer for one candidate; `stage` is the last one that ran.

    `private` is what a held-back example showed: it is in neither form of the verdict,
    because a model may see those. `caught` is set where the spec's strength was measured.
    `left_out` are users that were not tested with it: their own specs changed too, or they,
    or something that they need, are not built.
    """

    accepted: bool
    stage: str
    findings: tuple[Finding, ...] = ()
    counter_example: CounterExample | None = None
    checks: int = 0
    duration_ms: float = 0.0
    warnings: tuple[Finding, ...] = ()
    private: CounterExample | None = None
    caught: Caught | None = None
    left_out: tuple[str, ...] = ()

    def as_text(self) -> str:
        """Return the verdict for a person: one line, then findings and counter-example."""
        word = "accepted" if self.accepted else f"refused at {self.stage}"
        lines = [f"{word}, {counted(self.checks, 'check')}, {self.duration_ms:.0f} ms"]
        lines += [finding.as_text() for finding in self.findings]
        lines += [f"warning: {warning.as_text()}" for warning in self.warnings]
        if self.counter_example is not None:
            lines += ["counter-example:", self.counter_example.as_yaml().rstrip()]
        return "\n".join(lines)

    def as_plain(self) -> dict[str, Any]:
        """Return the verdict as plain data."""
        return {
            "accepted": self.accepted,
            "stage": self.stage,
            "findings": [vars(finding) for finding in self.findings],
            "counter_example": _counter_example(self.counter_example),
            "checks": self.checks,
            "duration_ms": round(self.duration_ms, 3),
            "warnings": [vars(warning) for warning in self.warnings],
        }

    def as_json(self) -> str:
        """Return `as_plain` as one line of JSON."""
        return json.dumps(_jsonable(self.as_plain()), ensure_ascii=False, default=str)


def _counter_example(example: CounterExample | None) -> dict[str, Any] | None:
    if example is None:
        return None
    got = _few(dump(example.got))
    return {**example.as_example(), "got": got, "why": example.why}


def _few(plain: Plain) -> Plain:
    """Cut what a candidate answered: a million items say no more than the first."""
    return _cut(plain, [SHOWN_ITEMS])


def _cut(plain: Plain, left: list[int]) -> Plain:
    left[0] -= 1
    if left[0] < 0:
        return "..."
    if isinstance(plain, str):
        more = " ..." if len(plain) > SHOWN_CHARS else ""
        return "".join(map(_shown, plain[:SHOWN_CHARS])) + more
    if isinstance(plain, dict):
        kept = list(plain.items())[: left[0]]
        return {_cut(key, [1]): _cut(value, left) for key, value in kept}
    if isinstance(plain, list):
        return [_cut(item, left) for item in plain[: left[0]]]
    return plain


def _shown(char: str) -> str:
    # What nobody can see, or what a terminal obeys, is shown as an escape.
    return char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1]


def _one_line(plain: Plain) -> str:
    text = yaml.safe_dump(plain, default_flow_style=True, width=10_000).strip()
    return " ".join(text.removesuffix("...").split())


def _jsonable(plain: Plain) -> Plain:
    """JSON has no infinities: they are written as strings."""
    if isinstance(plain, dict):
        return {str(k): _jsonable(v) for k, v in plain.items()}
    if isinstance(plain, (list, tuple)):
        return [_jsonable(item) for item in plain]
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    return plain
