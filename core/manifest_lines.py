"""Reads a manifest as `render_manifest` writes it, line by line: ten times faster than YAML.

It is read at each start and at each change. What stands there in any other form, be it
correct YAML, is left to the reader of YAML: the answer here is the same as its, or none.
So is a manifest with an `unjudged`, which stands there for minutes while users are built.
"""

from __future__ import annotations

import re
from typing import Any

_WORD = r"[A-Za-z_][A-Za-z0-9_./-]*"
_DIGEST = r"[0-9a-f]{64}"
_NAME = re.compile(rf"  ({_WORD}):")
_USED = re.compile(rf"    - ({_WORD})")
# A digest in quotes is one that YAML would take for a number.
_FIELD = re.compile(rf"    ([a-z0-9_]+): (?:({_WORD}|{_DIGEST})|'({_DIGEST}|)'|(\[\]))")
_CHECKS = re.compile(r"    checks: (0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[0-9_]+(e[0-9]+)?|0b[01_]+")
# Words that YAML reads as something else than a text.
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def as_rendered(text: str) -> dict[str, Any] | None:
    """Return the manifest's plain data, None if any line is not as it is rendered."""
    body = text.split("\n")
    while body and body[0].startswith("#"):
        del body[0]
    if body[:2] != ["format: 1", "modules:"] or body[-1]:
        return None
    modules: dict[str, dict[str, Any]] = {}
    entry: dict[str, Any] = {}
    last = ""
    for line in body[2:-1]:
        if found := _NAME.fullmatch(line):
            if found[1] in modules or _is_odd(found[1]):
                return None
            entry = modules.setdefault(found[1], {})
        elif (
            (found := _USED.fullmatch(line)) and _lists(last) and not _is_odd(found[1])
        ):
            entry["uses"] = [*(entry["uses"] or ()), found[1]]
        elif not modules or not _take(line, entry):
            return None
        last = line
    whole = all(module.get("uses") is not None for module in modules.values())
    return {"format": 1, "modules": modules} if whole and modules else None


def _lists(line: str) -> bool:
    """Tell whether a name of the list of used modules may follow a line."""
    return line == "    uses:" or bool(_USED.fullmatch(line))


def _take(line: str, entry: dict[str, Any]) -> bool:
    """Take one field of a module in; False if only YAML can tell what it is."""
    key: str
    value: Any
    if line == "    uses:":
        # Nothing below it would be null, not an empty list.
        key, value = "uses", None
    elif found := _CHECKS.fullmatch(line):
        key, value = "checks", int(found[1])
    elif found := _FIELD.fullmatch(line):
        key, plain, quoted = found[1], found[2], found[3]
        value = [] if found[4] else quoted if plain is None else plain
        if plain is not None and _is_odd(plain):
            return False
    else:
        return False
    if key in entry:
        return False
    entry[key] = value
    return True


def _is_odd(word: str) -> bool:
    return word.lower() in _WORDS or bool(_NUMBER.fullmatch(word))
