"""The prompt that asks for specs: a pure function of the request, the specs and the format.

It holds all that a model needs to answer with nothing else at hand: the format as
specs/README.md explains it, every module in a line, the ports, and whole specs.
"""

from __future__ import annotations

import inspect
from pathlib import Path

from architect.drafts.related import related
from architect.drafts.request import Request
from architect.models.prompt import Prompt
from architect.port_methods import methods, port_names
from architect.prompt import in_one_line, render_template
from core.errors import ConfigError
from core.project import Project
from core.spec_graph import SpecGraph

JOB = "architect"
MODULE = "ask"
MOST_RELATED = 6
# Where the explanation of the format begins; what stands above is for people alone.
_FORMAT_BEGINS = "## A whole spec"


def draft_prompt(request: Request, graph: SpecGraph, project: Project) -> Prompt:
    """Return the prompt that asks for specs; ConfigError for a template that is no good."""
    fields = {
        "format": spec_format(project.root / "specs" / "README.md"),
        "modules": "\n".join(in_one_line(spec) for spec in graph),
        "ports": "\n".join(ports(project.package)),
        "related": whole_specs(project, about(request, graph)),
        "request": request.text.strip(),
        "answers": _answers(request),
        "feedback": _feedback(request),
    }
    return render_template("draft", JOB, MODULE, project.prompts, fields)


def about(request: Request, graph: SpecGraph) -> list[str]:
    """Return the specs that are shown whole: those named, then those that share words,
    and the records of their types."""
    named = [name for name in request.about if name in graph.specs]
    words = " ".join([request.text, *(answer for _, answer in request.answers)])
    found = list(dict.fromkeys([*named, *related(graph, words, MOST_RELATED)]))
    found = found[: max(MOST_RELATED, len(named))]
    records = (used for name in found for used in graph.uses[name])
    return list(
        dict.fromkeys(
            [*found, *(n for n in records if graph.specs[n].kind == "record")]
        )
    )


def whole_specs(project: Project, names: list[str]) -> str:
    """Return spec files as fenced YAML, as they are on disk."""
    texts = [project.spec(name).read_text(encoding="utf-8").rstrip() for name in names]
    return "".join(f"```yaml\n{text}\n```\n\n" for text in texts)


def spec_format(readme: Path) -> str:
    """Return the explanation of the format; headings one level lower."""
    try:
        text = readme.read_text(encoding="utf-8")
    except OSError as error:
        hint = "git checkout specs/README.md"
        raise ConfigError(f"{readme}: {error.strerror}", hint=hint) from None
    _, begin, rest = text.partition(_FORMAT_BEGINS)
    return (
        f"{begin}{rest}".strip().replace("\n## ", "\n### ").replace("## A", "### A", 1)
    )


def ports(package: str) -> list[str]:
    """Return each port with its methods, a line each."""
    lines = []
    for port in port_names(package):
        lines.append(f"- `{port}`:")
        lines += [f"  - `{m.signature}`: {m.summary}" for m in methods(port, package)]
    return lines


def _answers(request: Request) -> str:
    if not request.answers:
        return ""
    lines = [f"- {question}\n  {answer}" for question, answer in request.answers]
    return "\nThe person was asked, and answered:\n\n" + "\n".join(lines) + "\n"


def _feedback(request: Request) -> str:
    if not request.problems:
        return ""
    reasons = "\n".join(f"- {problem}" for problem in request.problems)
    return inspect.cleandoc("""
        Your last answer was:

        {refused}

        It will not do:

        {reasons}

        Answer again with all specs, whole.
        """).format(refused=request.refused.strip(), reasons=reasons)
