"""Specs as a person looks them up: one line each, and one module in plain words.

What it says of a module is read from its spec, its history and its reflections; no model
is asked.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from architect.prompt import in_one_line
from core.errors import SpecError
from core.manifest import Entry
from core.plain_words import counted
from core.project import Project
from core.spec import Example, Param, Returns, Spec
from core.spec_graph import SpecGraph


def refuse_unknown(project: Project, name: str) -> None:
    """SpecError for a name that has no spec; no spec is read, so a broken one is in
    nobody's way."""
    known = sorted(path.stem for path in project.specs.glob("*.yaml"))
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "architect status lists them"
        raise SpecError(f"there is no spec {name!r}", hint=hint)


def line(spec: Spec, width: int = 24) -> str:
    """Return a spec in one line: name, kind, first sentence."""
    return f"{spec.name:{width}}  {spec.kind:9}  {first_sentence(spec)}"


def first_sentence(spec: Spec) -> str:
    """Return what a module is for, in its author's words."""
    return " ".join(spec.intent.split()).partition(". ")[0].rstrip(".")


def matches(spec: Spec, word: str) -> bool:
    """Tell whether a word stands in what a spec says of itself and its inputs."""
    inputs = {**spec.params, **spec.fields}
    told = [spec.name, spec.kind, spec.intent, spec.notes or "", *inputs]
    told += [param.meaning for param in inputs.values()]
    return word.lower() in " ".join(told).lower()


@dataclass(frozen=True)
class Explained:
    """What is known of one module, in parts that are told one after the other."""

    what: str
    takes: list[str]
    gives: str
    promises: list[str]
    examples: list[str]
    used_by: list[str]
    uses: list[str]
    on_failure: str

    def as_text(self) -> str:
        """Return it as a person reads it."""
        parts = [self.what, ""]
        for title, lines in (
            ("takes", self.takes),
            ("gives", [self.gives] if self.gives else []),
            ("holds", self.promises),
            ("for example", self.examples),
            ("uses", [", ".join(self.uses)] if self.uses else []),
            ("used by", [", ".join(self.used_by) or "nobody"]),
            ("if it fails", [self.on_failure]),
        ):
            parts += [f"{title:12} {text}" for text in lines]
        return "\n".join(parts)


def explained(spec: Spec, graph: SpecGraph, callers: list[str]) -> Explained:
    """Return what a spec says; `callers` are hand-written files that call the module."""
    direct = [name for name in graph.order if spec.name in graph.uses[name]]
    inputs = {**spec.params, **spec.fields}
    return Explained(
        what=f"{spec.name} ({spec.kind}): {' '.join(spec.intent.split())}",
        takes=[_input(name, param) for name, param in inputs.items()],
        gives=_output(spec.returns) if spec.returns else in_one_line(spec).lstrip("- "),
        promises=[*spec.ensures, *(prop.name for prop in spec.properties)],
        examples=[_example(e) for e in spec.examples if not e.held_back][:3],
        used_by=[*direct, *callers],
        uses=list(graph.uses[spec.name]),
        on_failure=_failure(spec),
    )


def _input(name: str, param: Param) -> str:
    unit = f", {param.unit}" if param.unit else ""
    return f"{name} ({param.type}{unit}): {param.meaning}"


def _output(returns: Returns) -> str:
    unit = f", {returns.unit}" if returns.unit else ""
    return f"{returns.type}{unit}: {returns.meaning}"


def _example(example: Example) -> str:
    given = ", ".join(f"{key} {value}" for key, value in example.given.items())
    gives = example.raises or example.expect
    name = f"{example.name}: " if example.name else ""
    return _short(f"{name}{given} -> {gives}")


def _short(text: str, most: int = 150) -> str:
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def _failure(spec: Spec) -> str:
    path = " It is on the money path." if spec.money_path else ""
    if spec.kind == "record":
        return "a value that breaks its rules cannot be made"
    if spec.on_failure == "raise":
        return f"the last good version answers, else the error rises.{path}"
    return f"the last good version answers, else {spec.on_failure}.{path}"


def accepted(entry: Entry | None, strength: str) -> str:
    """Return how the accepted version stands in one line."""
    if entry is None:
        return "never built"
    told = (
        f", its tests catch {strength} of the wrong programs tried" if strength else ""
    )
    return (
        f"version {entry.version} by {entry.by}, {counted(entry.checks, 'check')}{told}"
    )
