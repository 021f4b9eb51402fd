"""Specs as YAML: strict, and what is wrong is told with line and column in plain words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import yaml
from yaml.reader import Reader

from core.errors import SpecError

# More than any value of a spec; far less than would be too much for Python.
MOST_DEEP = 50
# From so many openings on the depth is looked at before anything is composed.
_MANY = 3000
_FORMAT = "specs/README.md has a whole spec"
# What libyaml says -> in plain words, and what mends it.
_QUOTE = "put the text in quotes"
_PLAIN = {
    "did not find expected ',' or ']'": ("a list is not closed", "close it with ]"),
    "did not find expected ',' or '}'": ("a mapping is not closed", "close it with }"),
    "mapping values are not allowed in this context": (
        "a colon where none may stand",
        f"{_QUOTE}, or mend the line before it",
    ),
    "did not find expected node content": (
        "a value is missing, or a bracket is not closed",
        "close it with ] or }",
    ),
    "found unexpected end of stream": ("quotes are not closed", "close the quotes"),
    "did not find expected key": (
        "it fits neither the line above nor what that stands in",
        "indent it like its neighbours",
    ),
    "could not find expected ':'": (
        "a key without a colon",
        "write KEY: value, or indent the text",
    ),
    "found character that cannot start any token": (
        "no value begins like this",
        f"indent with spaces, no tabs; {_QUOTE}",
    ),
    "but found another document": ("a second document", "one file holds one spec"),
}


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML in which a key that stands twice is an error."""


def _unique_mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise _wrong(key_node.start_mark, f"{key!r} cannot be a key", _QUOTE)
        if key in seen:
            text = f"key {key!r} stands twice"
            raise _wrong(key_node.start_mark, text, "take one of the two out")
        seen.add(key)
    return dict(loader.construct_pairs(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def read_mapping(text: str) -> dict[Any, Any]:
    """Return the mapping that a text is; SpecError tells where it is none, and why."""
    if sum(map(text.count, ("[", "{", "- ", "? "))) > _MANY:
        _refuse_deep(text)
    try:
        plain = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error) from None
    except yaml.YAMLError:
        raise _unreadable(text) from None
    except RecursionError:
        _refuse_deep(text)
        raise
    except ValueError as error:  # such as a date that is none
        raise SpecError(f"a value that is none: {error}", hint=_QUOTE) from None
    if not isinstance(plain, dict):
        what = "is empty" if plain is None else f"is {_kind(plain)}"
        raise SpecError(f"a spec is a mapping, this {what}", hint=_FORMAT)
    if _is_deep(plain):
        _refuse_deep(text)
    return plain


def place_of(text: str, path: Sequence[object]) -> str:
    """Return line and column of what a path of keys leads to, as far as it is there."""
    node = yaml.compose(text, _Loader)
    mark = None
    for part in path:
        found = _below(node, part)
        if found is None:
            break
        mark, node = found
    return "" if mark is None else _at(mark)


def _below(node: Any, part: object) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        item = node.value[part]
        return item.start_mark, item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark, value
    return None


def _at(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: "


def _wrong(mark: Any, text: str, hint: str) -> SpecError:
    return SpecError(f"{_at(mark)}{text}", hint=hint)


def _not_yaml(error: yaml.MarkedYAMLError) -> SpecError:
    said = str(error.problem)
    text, hint = _PLAIN.get(said, (said, _FORMAT))
    mark, began = error.problem_mark, error.context_mark
    if began is not None and mark is not None and began.line != mark.line:
        text += f" (it begins in line {began.line + 1})"
    if mark is None:
        return SpecError(f"not YAML: {text}", hint=hint)
    return _wrong(mark, f"not YAML: {text}", hint)


def _unreadable(text: str) -> SpecError:
    found = Reader.NON_PRINTABLE.search(text)
    if found is None:
        return SpecError("not YAML: it cannot be read", hint=_FORMAT)
    before = text[: found.start()]
    line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
    return SpecError(
        f"line {line}, column {column}: not YAML: the character {found.group()!r}",
        hint="take it out",
    )


def _is_deep(plain: object) -> bool:
    """Tell whether values stand in values more than MOST_DEEP times."""
    level: list[Any] = [plain]
    for _ in range(MOST_DEEP):
        inner = (v.values() if isinstance(v, dict) else v for v in level)
        below = {id(v): v for vs in inner for v in vs if isinstance(v, dict | list)}
        if not below:
            return False
        level = list(below.values())
    return True


def _refuse_deep(text: str) -> None:
    """SpecError at the first value that stands too deep; composes nothing."""
    depth = 0
    try:
        for event in yaml.parse(text, _Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEEP:
                told = f"more than {MOST_DEEP} values within each other"
                raise _wrong(event.start_mark, told, _FORMAT)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error) from None


def _kind(plain: object) -> str:
    if isinstance(plain, list):
        return "a list"
    return "a text" if isinstance(plain, str) else f"{plain!r:.40}"
