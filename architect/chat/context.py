"""What the model is told of the modules in question, and which those are.

Spec, accepted body, last verdicts, incidents and reflections, as far as they are there. A
text has a bound, so a long history does not push out the question.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from architect.books import TRADES, rows_at, trade_line
from architect.chat.turn import Turn
from architect.config import Config
from architect.drafts.related import mentioned, related
from architect.live_record import LiveRecord, live_record
from architect.prompt import in_one_line
from architect.spec_body import accepted_body
from architect.stores import find_stores
from core.errors import ArchitectError
from core.manifest import read_manifest
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph

MOST_NAMED = 4
MOST_RELATED = 3
LOOK_BACK = 4
MOST_TRADES = 5
LONGEST = 600
LONGEST_SPEC = 6000


def in_question(
    graph: SpecGraph, question: str, turns: list[Turn]
) -> tuple[list[str], list[str]]:
    """Return the modules that a question is about: those that it names or that were named
    just before, and others whose specs share its words."""
    before = [
        n for turn in reversed(turns[-LOOK_BACK:]) for n in mentioned(graph, turn.text)
    ]
    named = list(dict.fromkeys([*mentioned(graph, question), *before]))[:MOST_NAMED]
    likely = [name for name in related(graph, question) if name not in named]
    return named, likely[: max(MOST_RELATED - len(named), 0)]


def context(
    config: Config, graph: SpecGraph, named: list[str], others: Sequence[str] = ()
) -> str:
    """Return what is known of some modules: of those named all, of others what they do."""
    stores = find_stores(config)
    url = stores.database_url if stores else None
    if url is None:
        state = "The system is not running.\n"
    else:
        state = f"The system is running. {last_trades(url)}"
    parts = [_module(config.project, graph, name, url) for name in named]
    parts += [_in_brief(config.project, graph, name, url) for name in others]
    return "\n".join([state, *parts])


def summary(spec: Spec) -> str:
    """Return what a module is for: the first sentence of its intent."""
    return " ".join(spec.intent.split()).partition(". ")[0].rstrip(".")


def last_trades(url: str) -> str:
    """Return the open trades and the newest that were closed, as the books have them."""
    try:
        found = rows_at(url, TRADES, (MOST_TRADES,))
    except ArchitectError as error:
        return f"Its books cannot be read: {error}\n"
    lines = "".join(f"- {trade_line(row)}\n" for row in found)
    return f"Its last trades, times in UTC:\n{lines}" if found else "No trades yet.\n"


def _in_brief(project: Project, graph: SpecGraph, name: str, url: str | None) -> str:
    """Return what a module does, without its examples and properties."""
    spec = graph.specs[name]
    parts = [f"## {name}\n\n{in_one_line(spec)}\n{spec.notes or ''}"]
    if body := accepted_body(project, spec).rstrip():
        parts.append(f"```python\n{body}\n```\n")
    parts.append(_live(spec, url))
    return "\n".join(part for part in parts if part)


def _module(project: Project, graph: SpecGraph, name: str, url: str | None) -> str:
    spec = graph.specs[name]
    text = project.spec(name).read_text(encoding="utf-8").rstrip()
    text = text if len(text) <= LONGEST_SPEC else f"{text[:LONGEST_SPEC]}\n# (cut here)"
    parts = [f"## {name}\n\n```yaml\n{text}\n```\n"]
    if body := accepted_body(project, spec).rstrip():
        parts.append(f"The accepted body:\n\n```python\n{body}\n```\n")
    entry = read_manifest(project.manifest).modules.get(name)
    if entry is None:
        parts.append("It was never built.\n")
    else:
        parts.append(f"Version {entry.version} by {entry.by}, {entry.checks} checks.\n")
    parts.append(_live(spec, url))
    return "\n".join(parts)


def _live(spec: Spec, url: str | None) -> str:
    if url is None or spec.kind == "record":
        return ""  # a record is made, not called
    try:
        return as_text(live_record(url, spec.name))
    except ArchitectError as error:
        return f"How it did live is not known: {error}\n"


def as_text(record: LiveRecord) -> str:
    """Return a live record for a prompt: counts, then what went wrong, newest first."""
    lines = [record.as_text().partition("\n")[0]]
    for time_ms, version, error, args in record.failures:
        lines.append(
            f"- failed at {time_ms} ({version}): {error}; inputs {_short(args)}"
        )
    for number, opened_ms, state, summary, fixed_by in record.incidents:
        by = f" by {fixed_by}" if fixed_by else ""
        lines.append(
            f"- incident {number} at {opened_ms}, {state}{by}: {_short(summary)}"
        )
    for time_ms, accepted, message in record.verdicts:
        word = "accepted" if accepted else "refused"
        lines.append(f"- the gate {word} a body at {time_ms}: {_short(message)}")
    return "Live: " + "\n".join(lines) + "\n"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
