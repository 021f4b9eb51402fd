"""The prompt of one turn: the format, the system, the modules in question, what was said."""

from __future__ import annotations

from architect.chat.context import context, in_question
from architect.chat.turn import Turn
from architect.config import Config
from architect.drafts.prompt import JOB, ports, spec_format
from architect.models.prompt import Prompt
from architect.prompt import in_one_line, render_template
from core.spec_graph import SpecGraph

MODULE = "chat"
# Of what was said before; the oldest goes first.
MOST_CHARS = 12_000


def chat_prompt(
    config: Config, graph: SpecGraph, question: str, turns: list[Turn]
) -> Prompt:
    """Return the prompt that asks for the answer to a question."""
    project = config.project
    fields = {
        "format": spec_format(project.root / "specs" / "README.md"),
        "modules": "\n".join(in_one_line(spec) for spec in graph),
        "ports": "\n".join(ports(project.package)),
        "context": context(config, graph, in_question(graph, question, turns)),
        "history": _history(turns),
        "question": question.strip(),
    }
    return render_template("chat", JOB, MODULE, project.prompts, fields)


def _history(turns: list[Turn]) -> str:
    kept: list[str] = []
    left = MOST_CHARS
    for turn in reversed(turns):
        text = f"{turn.role}: {turn.text.strip()}"
        if len(text) > left:
            text = f"{text[:left]} ..." if left > 200 else ""
        if not text:
            break
        kept.append(text)
        left -= len(text)
    if not kept:
        return ""
    return "\nWhat was said before:\n\n" + "\n\n".join(reversed(kept)) + "\n"
