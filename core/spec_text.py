"""Specs as text: strict YAML in, a valid `Spec` or one error that says what to mend."""

from __future__ import annotations

import difflib
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.errors import SpecError
from core.spec import Example, Limits, Param, PortCall, Property, Returns, Spec


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML in which a key that stands twice is an error."""


def _unique_mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, Hashable):
            raise SpecError(f"line {line}: {key!r} cannot be a key")
        if key in seen:
            raise SpecError(f"line {line}: key {key!r} stands twice")
        seen.add(key)
    return dict(loader.construct_pairs(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def parse_spec(text: str, where: str = "spec") -> Spec:
    """Read a spec from YAML text; SpecError names the place and what to write instead."""
    try:
        plain = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise SpecError(f"{where}: not YAML: {error}") from None
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    if not isinstance(plain, dict):
        raise SpecError(f"{where}: a spec is a mapping, this is {type(plain).__name__}")
    try:
        return Spec.model_validate(plain)
    except ValidationError as error:
        raise _as_spec_error(error, where) from None


# What was read last of each file. A save changes one of a hundred; the others are the
# same objects again, by which others know that nothing changed.
_READ: dict[Path, tuple[str, Spec]] = {}


def load_spec(path: Path) -> Spec:
    """Read `path`; its name must be the spec's. The same text gives the same object."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: {error}") from None
    before, known = _READ.get(path, ("", None))
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


def _as_spec_error(error: ValidationError, where: str) -> SpecError:
    lines, hint = [], None
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"]) or "spec"
        if detail["type"] == "extra_forbidden":
            hint = hint or _nearest(str(detail["loc"][-1]))
            lines.append(f"{place}: unknown key")
        else:
            lines.append(f"{place}: {detail['msg'].removeprefix('Value error, ')}")
    return SpecError(f"{where}: " + "; ".join(lines), hint=hint)


def _nearest(key: str) -> str | None:
    models = (Spec, Param, Returns, Example, Property, Limits, PortCall)
    known = sorted({name for model in models for name in model.model_fields})
    near = difflib.get_close_matches(key, known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
