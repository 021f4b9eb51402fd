"""What the specs say about modules that run: how long a call may take, where money moves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SpecError
from core.manifest import Manifest
from core.spec import Limits, Spec
from core.spec_text import load_spec, spec_paths

# What a line of a spec begins with: a top-level key, a comment, something of a key's, or
# nothing. `limits` has a block or a flow below it and is left to the reader of YAML.
_KEY = re.compile(r"([a-z_]+):(?: +(.*))?")
_INSIDE = re.compile(r"[ #]|-(?!--)|$")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FLAGS = {"true": True, "false": False}


@dataclass(slots=True)
class LiveTerms:
    """`limits_ms` are of CPU time a call. A module whose spec is not known moves money.

    One object for all who go by it: it follows what is accepted while they run. `specs`
    are the digests of the accepted specs whose terms these are.
    """

    limits_ms: dict[str, int] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()
    specs: dict[str, str] = field(default_factory=dict)

    def moves_money(self, name: str) -> bool:
        """Tell whether a wrong or missing answer of a module may cost money."""
        return name not in self.harmless

    def follow(self, folder: Path, manifest: Manifest) -> None:
        """Take up the terms of the specs that were accepted since.

        What lies in the folder may be edited or half written. Until it is what was
        accepted the limit stays, and the module counts as one that moves money.
        """
        for name, entry in manifest.modules.items():
            if self.specs.get(name) == entry.spec:
                continue
            spec = _accepted(folder / f"{name}.yaml", entry.spec)
            if spec is None:
                self.harmless -= {name}
            else:
                self._take(spec)
                self.specs[name] = entry.spec

    def _take(self, spec: Spec) -> None:
        self.limits_ms[spec.name] = spec.limits.time_ms
        others = self.harmless - {spec.name}
        self.harmless = others if spec.money_path else others | {spec.name}


@dataclass(frozen=True, slots=True)
class _Term:
    name: str
    time_ms: int
    money_path: bool


def read_terms(folder: Path, accepted: Manifest | None = None) -> LiveTerms:
    """Return the terms of all specs in a folder; those that cannot be read give none.

    A spec that somebody is editing must not keep a system from starting. All others are
    taken for the accepted ones: telling them apart would mean reading each whole.
    """
    terms = [term for path in spec_paths(folder) if (term := _term(path))]
    entries = (accepted or Manifest()).modules
    return LiveTerms(
        {term.name: term.time_ms for term in terms},
        frozenset(term.name for term in terms if not term.money_path),
        {term.name: entries[term.name].spec for term in terms if term.name in entries},
    )


def _accepted(path: Path, digest: str) -> Spec | None:
    try:
        spec = load_spec(path)
    except (SpecError, OSError):
        return None
    return spec if spec.digest() == digest else None


def _term(path: Path) -> _Term | None:
    try:
        return _glanced(path) or _read(path)
    except (SpecError, OSError):
        return None


def _read(path: Path) -> _Term:
    spec = load_spec(path)
    return _Term(spec.name, spec.limits.time_ms, spec.money_path)


def _glanced(path: Path) -> _Term | None:
    """Return the terms by the top-level keys alone, None where only YAML can tell.

    Reading a hundred specs whole takes half a second, at each start of a system that
    wants two words of each. Anything unusual at the top level is left to the whole way.
    """
    top: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if _INSIDE.match(line):
            continue
        found = _KEY.fullmatch(line.rstrip())
        if found is None or found[1] in top:
            return None
        top[found[1]] = (found[2] or "").partition(" #")[0].strip()
    name, money = top.get("name", ""), _FLAGS.get(top.get("money_path", "false"))
    if money is None or "limits" in top or not _NAME.fullmatch(name):
        return None
    return _Term(name, Limits().time_ms, money) if name == path.stem else None
