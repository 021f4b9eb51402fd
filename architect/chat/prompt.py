"""The prompt of one turn: the modules in question, the others by name, what was said.

A change is drafted by a prompt of its own (`architect/drafts/prompt.py`), so a question
does not pay for the format of specs.
"""

from __future__ import annotations

from architect.chat.context import context, in_question, summary
from architect.chat.slash import TABLE
from architect.chat.turn import Turn
from architect.config import Config
from architect.drafts.prompt import JOB
from architect.models.prompt import Prompt
from architect.prompt import render_template
from core.spec_graph import SpecGraph

MODULE = "chat"
# Of what was said before; the oldest goes first.
MOST_CHARS = 12_000


def chat_prompt(
    config: Config, graph: SpecGraph, question: str, turns: list[Turn]
) -> Prompt:
    """Return the prompt that asks for the answer to a question."""
    named, related = in_question(graph, question, turns)
    fields = {
        "context": context(config, graph, named, related),
        "modules": _others(graph, {*named, *related}),
        "commands": ", ".join(f"/{name}" for name in sorted(TABLE)),
        "history": _history(turns),
        "question": question.strip(),
    }
    return render_template("chat", JOB, MODULE, config.project.prompts, fields)


def _others(graph: SpecGraph, told: set[str]) -> str:
    """Return what else there is: a line each, records by their names alone."""
    rest = [spec for spec in graph if spec.name not in told]
    lines = [f"- {s.name}: {summary(s)}" for s in rest if s.kind != "record"]
    records = ", ".join(s.class_name for s in rest if s.kind == "record")
    return "\n".join([*sorted(lines), *([f"Records: {records}"] if records else [])])


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
