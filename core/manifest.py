"""The manifest: the lock that says which version of each module is accepted.

`manifest.yaml` holds digests only, so it can be read and merged by a person. What is
not in it cannot be loaded. This module reads and writes it and holds no policy.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.errors import ManifestError
from core.manifest_lines import as_rendered

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted module. All digests are SHA-256 in hex.

    Attributes:
        kind: function, indicator, action or record.
        uses: modules and records that must be loaded before it, sorted.
        spec: of the spec's meaning.
        prompt: of the prompt as the pipeline sends it now; empty for a record.
        inputs: over all that makes the module stale when it changes.
        reply: path under generated/replies of the reply its body came from.
        reply_sha256: of that file.
        body: of the body, formatted.
        file: of the whole module file.
        by: model, hand, wick, rollback or spec (records).
        checks: how many checks the gate made.
        unjudged: `user@version` of each user that it was accepted without, for the
            user's own spec had changed too: nobody has judged these two together.
    """

    kind: str
    uses: tuple[str, ...]
    spec: str
    prompt: str
    inputs: str
    reply: str
    reply_sha256: str
    body: str
    file: str
    by: str
    checks: int
    unjudged: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The short name of this version."""
        return self.file[:12]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All accepted modules by name."""

    modules: Mapping[str, Entry] = field(default_factory=dict)

    def with_entry(self, name: str, entry: Entry) -> Manifest:
        """Return a manifest in which `name` is this entry."""
        return Manifest(dict(sorted({**self.modules, name: entry}.items())))

    def without(self, names: set[str]) -> Manifest:
        """Return a manifest that no longer holds `names`."""
        return Manifest({n: e for n, e in self.modules.items() if n not in names})

    def unjudged(self, name: str) -> dict[str, str]:
        """Return the users that a module was accepted without and that stand as they
        did then, with their versions."""
        pairs = (one.partition("@") for one in self.modules[name].unjudged)
        return {
            user: version
            for user, _, version in pairs
            if user in self.modules and self.modules[user].version == version
        }

    def needs(self, name: str) -> set[str]:
        """Return all that a module uses, directly or not, as far as it is accepted."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            entry = self.modules.get(waiting.pop())
            fresh = {*entry.uses} - found if entry else set()
            found |= fresh
            waiting += fresh
        return found

    def load_order(self, names: Iterable[str] | None = None) -> list[str]:
        """Return the names so that each comes after all that it uses.

        With `names` only these and what they need.
        """
        order: list[str] = []
        placed: set[str] = set()

        def place(name: str, above: tuple[str, ...]) -> None:
            if name in placed:
                return
            if name in above or name not in self.modules:
                raise ManifestError(
                    f"manifest.yaml: {above[-1] if above else name} uses {name}, "
                    "which it does not hold",
                    hint="architect generate",
                )
            for used in self.modules[name].uses:
                place(used, (*above, name))
            placed.add(name)
            order.append(name)

        for name in sorted(self.modules if names is None else names):
            place(name, ())
        return order


def sha256(data: bytes | str) -> str:
    """Return the digest used everywhere in the manifest."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def read_manifest(path: Path) -> Manifest:
    """Read the manifest; an absent file is an empty one."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Manifest()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path.name}: {error}") from None
    return parse_manifest(text, path.name)


@lru_cache(maxsize=4)
def parse_manifest(text: str, where: str = "manifest.yaml") -> Manifest:
    """Read a manifest's text. The same text is read once: a repair asks for it ten times."""
    plain = as_rendered(text)
    return _checked(_yaml(text, where) if plain is None else plain, where)


def _yaml(text: str, where: str) -> Any:
    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ManifestError(f"{where}: not YAML: {error}", hint=_RESTORE) from None


def _checked(plain: Any, where: str) -> Manifest:
    if not isinstance(plain, dict) or not isinstance(plain.get("format"), int):
        raise ManifestError(f"{where}: no format number in it", hint=_RESTORE)
    if plain["format"] > FORMAT:
        raise ManifestError(
            f"{where}: format {plain['format']} is from the future; "
            f"this program knows up to {FORMAT}",
            hint="update this checkout's code, or check out the manifest that fits it",
        )
    modules = plain.get("modules") or {}
    if not isinstance(modules, dict):
        raise ManifestError(f"{where}: modules is not a mapping", hint=_RESTORE)
    for name in modules:
        # A name becomes a path of a file: it may not lead out of the folder.
        if not isinstance(name, str) or not name.isidentifier():
            raise ManifestError(
                f"{where}: {name!r} is no name of a module", hint=_RESTORE
            )
    return Manifest(
        {name: _entry(name, raw, where) for name, raw in sorted(modules.items())}
    )


_RESTORE = "git checkout manifest.yaml brings back the last committed one"


def _entry(name: str, raw: Any, where: str) -> Entry:
    wanted = {f.name for f in fields(Entry)} - {"unjudged"}
    if not isinstance(raw, dict) or set(raw) - {"unjudged"} != wanted:
        odd = {"not a mapping"}
        if isinstance(raw, dict):
            odd = set(raw) - {"unjudged"} ^ wanted
        raise ManifestError(
            f"{where}: {name}: wrong keys: {sorted(odd)}", hint=_RESTORE
        )
    for key, value in raw.items():
        kind = {"uses": list, "unjudged": list, "checks": int}.get(key, str)
        if not isinstance(value, kind):
            raise ManifestError(
                f"{where}: {name}.{key}: {value!r} is no {kind.__name__}"
            )
    return entry_of(raw)


def entry_of(plain: Mapping[str, Any]) -> Entry:
    """Return the entry of its plain form, in which tuples are lists."""
    lists = {key: tuple(plain.get(key, ())) for key in ("uses", "unjudged")}
    return Entry(**{**plain, **lists})


def render_manifest(manifest: Manifest) -> str:
    """Return the manifest's text: sorted, one module a block, no time stamps."""
    head = (
        "# The lock of generated/: which version of each module the gate accepted.\n"
        "# Written by architect generate; checked by architect verify. Do not edit.\n"
        f"format: {FORMAT}\n"
    )
    blocks = [_block(name, entry) for name, entry in sorted(manifest.modules.items())]
    return head + ("modules:\n" + "".join(blocks) if blocks else "modules: {}\n")


@lru_cache(maxsize=1024)
def _block(name: str, entry: Entry) -> str:
    """Return one module's lines. A save changes one of a hundred."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    lists = {"uses": list(entry.uses), "unjudged": list(entry.unjudged)}
    plain = {**asdict(entry), **lists}
    # Seldom anything, and then for minutes: it is written only where it says something.
    if not entry.unjudged:
        del plain["unjudged"]
    text: str = yaml.dump({name: plain}, Dumper=dumper, sort_keys=False, width=118)
    return textwrap.indent(text, "  ")
