"""What a person or a program reads about a spec's strength.

Survivors are for the spec's author: their inputs may lie beside held-back examples, so
none of this goes into a verdict, a prompt or a log.
"""

from __future__ import annotations

from typing import Any

import yaml

from architect.strength.strength import Strength, Survivor
from core.plain_data import dump
from core.spec import Spec

_GOT = 200


def headline(strength: Strength) -> str:
    """Return one line: share, counts, what seems the same, seconds."""
    same = len(strength.equivalent)
    caught = strength.caught
    mark = "" if caught.enough else f", {caught.threshold:.2f} are asked for"
    return (
        f"{strength.name:24} {caught.as_text()}{mark}, "
        f"{same} seem the same, {strength.seconds:.1f} s"
    )


def survivors_text(strength: Strength, spec: Spec, most: int | None = None) -> str:
    """Return each surviving mutant as a diff, with an example that would catch it."""
    shown = strength.survivors[:most]
    parts = [_survivor(one, strength, spec) for one in shown]
    if left := len(strength.survivors) - len(shown):
        parts.append(f"and {left} more: architect strength {spec.name}")
    return "\n\n".join(parts)


def equivalent_text(strength: Strength, spec: Spec) -> str:
    """Return the mutants for which no input was found on which they differ."""
    diffs = [one.diff(spec, strength.accepted) for one in strength.equivalent]
    return "\n\n".join(["no input found on which these differ:", *diffs])


def as_plain(strength: Strength, spec: Spec) -> dict[str, Any]:
    """Return all of it as plain data."""
    caught = strength.caught
    return {
        "name": strength.name,
        "share": round(caught.share, 4),
        "threshold": caught.threshold,
        "strong": caught.enough,
        "killed": caught.killed,
        "differing": caught.differing,
        "seconds": round(strength.seconds, 3),
        "survivors": [
            {
                **_plain(one, strength, spec),
                "example": one.as_example(),
                "got": _got(one),
            }
            for one in strength.survivors
        ],
        "equivalent": [_plain(one, strength, spec) for one in strength.equivalent],
    }


def _survivor(one: Survivor, strength: Strength, spec: Spec) -> str:
    example = yaml.safe_dump(
        [one.as_example()],
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=88,
    )
    indented = "".join(f"  {line}\n" for line in example.splitlines())
    return (
        f"{one.diff(spec, strength.accepted)}\n"
        f"  # {spec.name} allows this; it gives {_got(one)} for:\n{indented.rstrip()}"
    )


def _plain(one: Survivor, strength: Strength, spec: Spec) -> dict[str, Any]:
    diff = one.diff(spec, strength.accepted)
    return {"kind": one.kind, "line": one.line, "diff": diff}


def _got(one: Survivor) -> str:
    assert one.example is not None
    text = " ".join(str(dump(one.example.got)).split()) or "''"
    return text if len(text) <= _GOT else text[: _GOT - 4] + " ..."
