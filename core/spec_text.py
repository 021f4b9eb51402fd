"""Specs as text: strict YAML in, a valid `Spec` or one error that says what to mend."""

from __future__ import annotations

import difflib
from operator import attrgetter
from pathlib import Path

from pydantic import ValidationError

from core.errors import SpecError
from core.plain_words import plainly
from core.spec import Example, Limits, Param, PortCall, Property, Returns, Spec
from core.spec_yaml import place_of, read_mapping


def parse_spec(text: str, where: str = "spec") -> Spec:
    """Read a spec from YAML text; SpecError names the place and what to write instead."""
    try:
        plain = read_mapping(text)
    except SpecError as error:
        raise SpecError(f"{where}: {error}", hint=error.hint) from None
    try:
        return Spec.model_validate(plain)
    except ValidationError as error:
        raise _as_spec_error(error, where, text) from None


def spec_paths(folder: Path) -> list[Path]:
    """Return the spec files of a folder by name; hidden ones are an editor's, no specs."""
    found = (p for p in folder.glob("*.yaml") if not p.name.startswith("."))
    return sorted(found, key=attrgetter("name"))


# What was read last of each file. A save changes one of a hundred; the others are the
# same objects again, by which others know that nothing changed.
_READ: dict[Path, tuple[str, Spec]] = {}


def load_spec(path: Path) -> Spec:
    """Read `path`; its name must be the spec's. The same text gives the same object."""
    text = _text(path)
    before, known = _READ.get(path, (None, None))
    if known is not None and before == text:
        return known
    spec = parse_spec(text, str(path))
    if spec.name != path.stem:
        raise SpecError(
            f"{path}: name is {spec.name!r}",
            hint=f"rename the file to {spec.name}.yaml, or the spec to {path.stem}",
        )
    _READ[path] = text, spec
    return spec


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise SpecError(
            f"{path}: line {line}, column {column}: not UTF-8",
            hint="save it as UTF-8, as by iconv -f latin1 -t utf-8",
        ) from None
    except IsADirectoryError:
        raise SpecError(
            f"{path}: is a folder, not a spec",
            hint="move it out of the folder of specs",
        ) from None
    except OSError as error:
        hint = f"chmod u+r {path}" if isinstance(error, PermissionError) else None
        raise SpecError(f"{path}: {error.strerror}", hint=hint) from None


def _as_spec_error(error: ValidationError, where: str, text: str) -> SpecError:
    lines: list[str] = []
    hint: str | None = None
    for detail in error.errors():
        raised = detail.get("ctx", {}).get("error")
        path = getattr(raised, "place", None) or detail["loc"]
        at, place = place_of(text, path), ".".join(map(str, detail["loc"])) or "spec"
        if detail["type"] == "extra_forbidden":
            hint = hint or _nearest(str(detail["loc"][-1]))
            lines.append(f"{at}{place}: unknown key")
        else:
            lines.append(f"{at}{place}: {_plainly(detail['msg'], detail['input'])}")
    hint = hint or "specs/README.md explains each key with an example"
    return SpecError(f"{where}: " + "; ".join(lines), hint=hint)


def _plainly(message: str, given: object) -> str:
    """Return what pydantic says in words of the format, with the value where it is short."""
    message = plainly(message)
    shown = message.startswith("must be ") and not isinstance(given, dict | list)
    return f"{message} (got {given!r:.60})" if shown else message


def _nearest(key: str) -> str | None:
    models = (Spec, Param, Returns, Example, Property, Limits, PortCall)
    known = sorted({name for model in models for name in model.model_fields})
    near = difflib.get_close_matches(key, known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
