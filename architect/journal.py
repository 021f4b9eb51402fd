"""What the file creator is about to do, written down before it begins.

One change at a time. A journal that is not whole was never begun, so it is no change.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from architect.atomic import write
from core.manifest import Entry, entry_of, sha256


@dataclass(frozen=True, slots=True)
class Change:
    """One module to be written, or taken out where `entry` is None.

    `also` are further files of the same commit, relative to the project; `replaces` is
    the SHA-256 of a hand edit that was judged and may be overwritten; `before` is what
    the manifest held when it was begun.
    """

    name: str
    entry: Entry | None
    module: str
    message: str
    also: tuple[str, ...] = ()
    replaces: str = ""
    before: Entry | None = None


def write_change(path: Path, change: Change) -> None:
    """Write the journal; WriteFailed when it cannot be."""
    text = json.dumps(asdict(change))
    write(path, json.dumps({"sha256": sha256(text), "change": text}).encode())


def read_change(path: Path) -> Change | None:
    """Return what was begun, None when there is nothing, or no whole journal."""
    try:
        plain = json.loads(path.read_bytes())
        if sha256(plain["change"]) != plain["sha256"]:
            return None
        return _change(json.loads(plain["change"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def close(path: Path) -> None:
    """Forget what was begun: it is done."""
    path.unlink(missing_ok=True)


def _change(raw: dict[str, Any]) -> Change:
    for key in ("entry", "before"):
        if (plain := raw.get(key)) is not None:
            raw[key] = entry_of(plain)
    return Change(**{**raw, "also": tuple(raw["also"])})
