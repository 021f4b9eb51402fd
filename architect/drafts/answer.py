"""From a model's raw answer to proposed specs: the fenced YAML blocks in it.

Everything in it is text that nobody believes yet. A block that is no spec is a problem to
tell the model, never guessed at; YAML that would grow when it is read is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from architect.drafts.draft import DraftedSpec, RemovedSpec
from core.errors import SpecError
from core.spec import Spec
from core.spec_text import parse_spec

MOST_BYTES = 40_000
MOST_SPECS = 8
MOST_ALIASES = 30
_BLOCK = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*ya?ml[^\n]*\n(?P<text>.*?)^(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_QUESTIONS = re.compile(r"^questions:", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REMOVE = re.compile(r"^remove:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found in an answer; `problems` are blocks that are no spec."""

    specs: tuple[DraftedSpec, ...]
    questions: tuple[str, ...]
    remarks: str
    problems: tuple[str, ...]
    removed: tuple[RemovedSpec, ...] = ()


def read_answer(text: str, folder: Path) -> Answer:
    """Return the specs and questions of an answer; `folder` holds the specs on disk."""
    text = _THOUGHT.sub("", text.replace("\r\n", "\n"), count=1)
    blocks = [match["text"] for match in _BLOCK.finditer(text)]
    remarks = printable(_BLOCK.sub("", text)).strip()
    specs: dict[str, DraftedSpec] = {}
    questions: list[str] = []
    problems: list[str] = []
    gone: list[str] = []
    if len(text.encode()) > MOST_BYTES or len(blocks) > MOST_SPECS:
        told = f"the answer is too long: at most {MOST_SPECS} specs, {MOST_BYTES} bytes"
        return Answer((), (), remarks, (told,))
    for number, block in enumerate(blocks, 1):
        try:
            if _QUESTIONS.search(block):
                questions += _listed(block, "questions", "questions")
                continue
            if _REMOVE.search(block):
                gone += _listed(block, "remove", "names of specs")
                continue
            spec = _spec(block, f"block {number}")
        except SpecError as error:
            hint = f" ({error.hint})" if error.hint else ""
            problems.append(f"{error}{hint}")
            continue
        if spec.name in specs:
            problems.append(f"{spec.name} stands twice in the answer")
        specs[spec.name] = DraftedSpec(spec, block, _on_disk(folder, spec.name))
    removed, unknown = _removed(gone, specs, folder)
    return Answer(
        tuple(specs.values()),
        tuple(questions),
        remarks,
        (*problems, *unknown),
        removed,
    )


def _removed(
    names: list[str], specs: Mapping[str, DraftedSpec], folder: Path
) -> tuple[tuple[RemovedSpec, ...], list[str]]:
    """Return the specs that are to go as they are on disk, and what is wrong with that."""
    removed: dict[str, RemovedSpec] = {}
    problems: list[str] = []
    for name in names:
        before = _on_disk(folder, name) if _NAME.fullmatch(name) else None
        if before is None:
            problems.append(f"remove: there is no spec {name!r}")
        elif name in specs:
            problems.append(f"{name} is to go, and stands in the answer as well")
        else:
            removed[name] = RemovedSpec(name, before)
    return tuple(removed.values()), problems


def printable(text: str) -> str:
    """Return text without what a terminal would obey: it came from a model."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")


def _spec(block: str, where: str) -> Spec:
    if printable(block) != block:
        raise SpecError(f"{where}: holds characters that nobody can see")
    _refuse_aliases(block, where)
    return parse_spec(block, where)


def _refuse_aliases(block: str, where: str) -> None:
    """SpecError for YAML whose aliases could multiply: it is small only as text."""
    try:
        events = yaml.parse(block, yaml.SafeLoader)
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in events)
    except yaml.YAMLError as error:
        raise SpecError(f"{where}: not YAML: {error}") from None
    if aliases > MOST_ALIASES:
        raise SpecError(f"{where}: {aliases} aliases, at most {MOST_ALIASES}")


def _listed(block: str, key: str, what: str) -> list[str]:
    """Return the texts of a block that holds one key with a list."""
    try:
        plain = yaml.safe_load(block)
    except yaml.YAMLError as error:
        raise SpecError(f"{key}: not YAML: {error}") from None
    found = plain.get(key) if isinstance(plain, dict) else None
    if not isinstance(found, list) or not found or len(plain) > 1:
        raise SpecError(f"{key}: a list of {what} is expected, and nothing else")
    return [printable(" ".join(str(text).split())) for text in found]


def _on_disk(folder: Path, name: str) -> str | None:
    try:
        return (folder / f"{name}.yaml").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
