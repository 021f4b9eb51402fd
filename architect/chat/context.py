"""What the model is told of the modules in question, and which those are.

Spec, accepted body, last verdicts, incidents and reflections, as far as they are there. A
text has a bound, so a long history does not push out the question.
"""

from __future__ import annotations

import json
from typing import Any

from architect.chat.turn import Turn
from architect.config import Config
from architect.drafts.related import mentioned, related
from architect.live_record import LiveRecord, live_record
from architect.spec_body import accepted_body
from architect.stores import find_stores
from core.errors import ArchitectError
from core.manifest import read_manifest
from core.project import Project
from core.spec_graph import SpecGraph

MOST_MODULES = 4
LOOK_BACK = 4
LONGEST = 600


def in_question(graph: SpecGraph, question: str, turns: list[Turn]) -> list[str]:
    """Return the modules that a question is about: those it names, then those that were
    named just before, then those whose specs share its words."""
    named = mentioned(graph, question)
    before = [
        n for turn in reversed(turns[-LOOK_BACK:]) for n in mentioned(graph, turn.text)
    ]
    likely = related(graph, question, MOST_MODULES)
    found = list(dict.fromkeys([*named, *before, *likely]))
    return found[: max(MOST_MODULES, len(named))]


def context(config: Config, graph: SpecGraph, names: list[str]) -> str:
    """Return what is known of some modules, one after the other."""
    stores = find_stores(config)
    url = stores.database_url if stores else None
    parts = [_module(config.project, graph, name, url) for name in names]
    return "\n".join(parts) or "(no module is named)\n"


def _module(project: Project, graph: SpecGraph, name: str, url: str | None) -> str:
    spec = graph.specs[name]
    text = project.spec(name).read_text(encoding="utf-8").rstrip()
    parts = [f"## {name}\n\n```yaml\n{text}\n```\n"]
    if body := accepted_body(project, spec).rstrip():
        parts.append(f"The accepted body:\n\n```python\n{body}\n```\n")
    entry = read_manifest(project.manifest).modules.get(name)
    if entry is None:
        parts.append("It was never built.\n")
    else:
        parts.append(f"Version {entry.version} by {entry.by}, {entry.checks} checks.\n")
    parts.append(_live(name, url))
    return "\n".join(parts)


def _live(name: str, url: str | None) -> str:
    if url is None:
        return "The system is not running.\n"
    try:
        return as_text(live_record(url, name))
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
