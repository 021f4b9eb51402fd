"""The check of a draft, as a process of its own: `python -m architect.drafts.checking`.

Its examples are run against its own claims, which a model wrote. The allowlist comes
first; this process has no settings in its environment, and bounded time and memory.
Reads one JSON object (root, package, cpu_s, texts by name, removed names) from stdin and
writes one to stdout.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from architect.drafts.callers import changed_signature, still_used, unused
from architect.drafts.claims import unsafe
from architect.drafts.rules import lacking
from architect.gate.records import record_classes
from architect.spec_check import WARNING, check_spec
from core.errors import ArchitectError
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph, graph, load_graph
from core.spec_text import parse_spec

MEMORY_BYTES = 4 << 30
Found = tuple[bool, str]  # whether it forbids the draft, and what it is


def main() -> int:
    """Check one draft; return 0, whatever was found."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CPU, (asked["cpu_s"], asked["cpu_s"]))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    project = Project(Path(asked["root"]), asked["package"])
    try:
        found = list(check(project, asked["texts"], asked["removed"]))
    except ArchitectError as error:
        found = [(True, f"{error}" + (f" ({error.hint})" if error.hint else ""))]
    problems = [text for forbids, text in found if forbids]
    warnings = [text for forbids, text in found if not forbids]
    json.dump({"problems": problems, "warnings": warnings}, sys.stdout)
    return 0


def check(
    project: Project, texts: Mapping[str, str], removed: Sequence[str] = ()
) -> Iterator[Found]:
    """Yield what is wrong with drafted specs in the place of those on disk.

    SpecError when the specs do not hold together.
    """
    before = load_graph(project.specs)
    drafted = {name: parse_spec(text, name) for name, text in texts.items()}
    whole = {**before.specs, **drafted}
    kept = {n: s for n, s in whole.items() if n not in removed}
    needed = [t for name in removed for t in still_used(name, before.specs, kept)]
    if needed:
        yield from ((True, text) for text in needed)
        return
    after = graph(kept)
    harmful = [
        f"{name}: {text}"
        for name, spec in drafted.items()
        for text in unsafe(spec, after, project.package)
    ]
    if harmful:
        yield from ((True, text) for text in harmful)
        return
    # Nothing of a draft is run before this line.
    records = record_classes(after, project.package)
    for name, spec in drafted.items():
        yield from _one(name, spec, before, after, records, project)


def _one(
    name: str,
    spec: Spec,
    before: SpecGraph,
    after: SpecGraph,
    records: Mapping[str, type],
    project: Project,
) -> Iterator[Found]:
    old = before.specs.get(name)
    for text in lacking(spec, old):
        yield True, f"{name}: {text}"
    for finding in check_spec(spec, after, records, project.package):
        if finding.stage != WARNING:
            yield True, f"{name}: {finding.as_text()}"
    if old is None:
        yield from ((False, f"{name}: {text}") for text in unused(name, after))
    else:
        yield from ((True, f"{name}: {text}") for text in changed_signature(old, spec))


if __name__ == "__main__":
    sys.exit(main())
