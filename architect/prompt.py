"""The prompts: rendered from a spec and the templates in prompts/, and nothing else.

A prompt is a pure function of the spec, what it uses and the template, so its digest
says whether a recorded reply answers it. Held-back examples never come near it.
"""

from __future__ import annotations

import operator
import re
from pathlib import Path
from string import Template
from typing import Any

import yaml

from architect.models.prompt import Prompt
from core.errors import ConfigError
from core.spec import Domain, Example, Param, Spec
from core.spec_graph import SpecGraph
from core.template_header import default_source, parameter_names, render_header

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def code_prompt(
    spec: Spec, graph: SpecGraph, prompts: Path, feedback: str = ""
) -> Prompt:
    """Return the prompt that asks for the body of `spec`.

    `feedback` is what a second try is told: the last body and one counter-example.
    """
    user_fields = {**_fields(spec, graph), "feedback": feedback}
    return render_template("code", "code", spec.name, prompts, user_fields)


def repair_prompt(
    spec: Spec, graph: SpecGraph, prompts: Path, body: str, failure: str
) -> Prompt:
    """Return the prompt that asks for a repair of `body`, which failed as said."""
    user_fields = {**_fields(spec, graph), "body": body, "failure": failure}
    return render_template("repair", "wick", spec.name, prompts, user_fields)


def retry_feedback(body: str, finding: str) -> str:
    """Return the feedback section of a second try."""
    return (
        "\nYour last answer was refused:\n\n```python\n"
        f"{body.rstrip()}\n```\n\nThe reason:\n\n{finding.rstrip()}\n"
    )


def render_template(
    template: str, job: str, module: str, prompts: Path, fields: dict[str, str]
) -> Prompt:
    """Return the prompt that a template of prompts/ gives; it is about `module`.

    ConfigError for a template that is not there or cannot be filled.
    """
    path = prompts / f"{template}.md"
    try:
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"), count=1)
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", hint="git checkout prompts"
        ) from None
    system, line, user = text.partition("\n=== user\n")
    if not line:
        raise ConfigError(
            f"{path}: no line '=== user' between system and user text",
            hint="git checkout prompts",
        )
    shown = _filled(path, user, fields)
    return Prompt(job=job, module=module, system=system.strip(), user=_tidy(shown))


def _filled(path: Path, text: str, fields: dict[str, str]) -> str:
    known = ", ".join(f"${name}" for name in fields)
    try:
        return Template(text).substitute(fields)
    except KeyError as error:
        raise ConfigError(
            f"{path}: unknown placeholder ${error.args[0]}", hint=f"known ones: {known}"
        ) from None
    except ValueError as error:
        raise ConfigError(
            f"{path}: a stray $ in the user text ({error})",
            hint=f"write $$ for a dollar sign; placeholders: {known}",
        ) from None


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


# The last fields of each module, and the specs that they come from.
_KNOWN: dict[str, tuple[tuple[Spec, ...], dict[str, str]]] = {}


def _fields(spec: Spec, graph: SpecGraph) -> dict[str, str]:
    """Return what a template is filled with: the same as before for the same objects."""
    specs = specs_of(spec, graph)
    before, fields = _KNOWN.get(spec.name, ((), {}))
    if not same_objects(before, specs):
        fields = _rendered(spec, graph)
        _KNOWN[spec.name] = specs, fields
    return fields


def specs_of(spec: Spec, graph: SpecGraph) -> tuple[Spec, ...]:
    """Return all specs from which a prompt is made: its own and those that it uses."""
    return spec, *(graph.specs[name] for name in graph.uses[spec.name])


def same_objects(one: tuple[Spec, ...], other: tuple[Spec, ...]) -> bool:
    """Tell whether they are the very same: `load_spec` gives the same object for a text."""
    return len(one) == len(other) and all(map(operator.is_, one, other))


def _rendered(spec: Spec, graph: SpecGraph) -> dict[str, str]:
    return {
        "name": spec.name,
        "intent": " ".join(spec.intent.split()),
        "notes": "\n" + spec.notes.strip() + "\n" if spec.notes else "",
        "header": render_header(spec),
        "context": _context(spec, graph),
        "domain": _domain(spec),
        "examples": _examples(spec),
        "properties": _properties(spec),
    }


# --- what the body may use ---------------------------------------------------------


def _context(spec: Spec, graph: SpecGraph) -> str:
    parts = [in_one_line(graph.specs[name]) for name in graph.uses[spec.name]]
    parts += [_port(spec, name, port) for name, port in spec.ports.items()]
    return "\nWhat it may use:\n\n" + "\n".join(parts) + "\n" if parts else ""


def in_one_line(spec: Spec) -> str:
    """Return a module as others use it: signature and first sentence, or its fields."""
    if spec.kind == "record":
        fields = ", ".join(_field(n, p) for n, p in spec.fields.items())
        return (
            f"- record `{spec.class_name}({fields})`, immutable, keyword arguments only"
        )
    assert spec.returns is not None
    known = {n: p.type for n, p in spec.params.items()} | dict(spec.ports)
    args = ", ".join(f"{n}: {known[n]}" for n in parameter_names(spec))
    first = " ".join(spec.intent.split()).partition(". ")[0].rstrip(".")
    return f"- `{spec.name}({args}) -> {spec.returns.type}`: {first}."


def _field(name: str, field: Param) -> str:
    return f"{name}: {field.type}" + (
        f" = {default_source(field)}" if field.has_default else ""
    )


def _port(spec: Spec, name: str, port: str) -> str:
    """Show a port's methods as its Protocol has them: those that the examples call."""
    from architect.port_methods import methods

    called = {c.method for e in _visible(spec) for c in e.ports.get(name, ())}
    lines = [
        f"  - `{name}.{method.signature}`: {method.summary}"
        for method in methods(port)
        if method.name in called or not called
    ]
    return f"- port `{name}`:\n" + "\n".join(lines)


# --- what the tests draw and expect ------------------------------------------------


def _domain(spec: Spec) -> str:
    lines = [
        f"- {name}: {text}"
        for name, param in spec.params.items()
        if (text := _domain_text(param))
    ]
    return "\nTests draw:\n" + "\n".join(lines) + "\n" if lines else ""


def _domain_text(domain: Domain) -> str:
    parts = []
    if domain.range:
        low, high = (f"{x:g}" for x in domain.range)
        parts.append(f"values from {low} to {high}")
    if domain.size:
        parts.append(f"{domain.size[0]} to {domain.size[1]} items")
    if domain.choices:
        parts.append(f"one of {domain.choices}")
    return ", ".join(parts)


def _examples(spec: Spec) -> str:
    shown = [_example(e) for e in _visible(spec)]
    if not shown:
        return ""
    text = yaml.safe_dump(
        shown, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True
    )
    return f"\nExamples:\n\n```yaml\n{text}```\n"


def _visible(spec: Spec) -> list[Example]:
    return [example for example in spec.examples if not example.held_back]


def _example(example: Example) -> dict[str, Any]:
    plain = example.model_dump(exclude_unset=True, exclude={"held_back"})
    return {key: plain[key] for key in ("name", *plain) if key in plain}


def _properties(spec: Spec) -> str:
    lines = [f"- {prop.name}: `{prop.check}`" for prop in spec.properties]
    return "\nAlways true of the result:\n" + "\n".join(lines) + "\n" if lines else ""
