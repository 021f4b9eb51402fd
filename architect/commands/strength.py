"""Show which small wrong programs the tests of a spec let through.

The accepted body is changed in one place at a time; each such mutant meets the spec's
tests. The share is of those that differ from the body on some input that was found: each
survivor is shown with such an input, as an example to paste into the spec.

Exit codes: 0 every spec reaches its `strength` (0.95 where it says nothing), 1 not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from architect.rebuild import accepted_modules
from architect.session import Session, open_session
from architect.staleness import states
from architect.strength import report
from architect.strength.strength import Strength, measure
from core.errors import ArchitectError, NotAccepted
from core.manifest import read_manifest
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module

EXAMPLE = "  architect strength\n  architect strength rsi --survivors"

Measured = tuple[Spec, Strength | ArchitectError]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="specs (default: all)")
    parser.add_argument(
        "--survivors",
        action="store_true",
        help="show survivors of strong specs too, and what seems the same",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 when every spec is strong enough, 1 otherwise."""
    rows, ok = [], True
    with open_session(options.root) as session:
        graph = session.graph()
        specs = [graph.get(name) for name in options.names or graph.order]
        for spec, found in _measured(session, graph, specs, bool(options.names)):
            ok = ok and isinstance(found, Strength) and found.strong
            if options.json:
                rows.append(_row(spec, found))
            else:
                _show(spec, found, options.survivors)
    if options.json:
        print(json.dumps({"ok": ok, "specs": rows}, default=str))
    return 0 if ok else 1


def _measured(
    session: Session, graph: SpecGraph, specs: list[Spec], named: bool
) -> Iterator[Measured]:
    project = session.project
    found = states(project, graph, read_manifest(project.manifest))
    edited = {state.name for state in found if state.state == "edited"}

    def read(name: str) -> str:
        return project.module(name).read_text(encoding="utf-8")

    modules = accepted_modules(project, graph, read)
    for spec in specs:
        if spec.kind == "record":
            if named:
                text = f"{spec.name} is a record: it has no body to change"
                yield spec, NotAccepted(text, hint="name a function")
            continue
        try:
            yield spec, _one(session, graph, spec, modules, spec.name in edited)
        except ArchitectError as error:
            yield spec, error


def _one(
    session: Session,
    graph: SpecGraph,
    spec: Spec,
    modules: dict[str, str],
    edited: bool,
) -> Strength:
    name, package = spec.name, session.project.package
    if edited:
        text = f"{name} was edited by hand, so its body is not the accepted one"
        raise NotAccepted(text, hint=f"architect adopt {name}")
    body = split_module(spec, modules[name], package) if name in modules else None
    if body is None:
        text = f"{name} has no accepted body for this spec"
        raise NotAccepted(text, hint=f"architect generate {name}")
    return measure(session.gate, spec, graph, body, modules)


def _show(spec: Spec, found: Strength | ArchitectError, whole: bool) -> None:
    if isinstance(found, ArchitectError):
        print(f"error: {found}", file=sys.stderr)
        if found.hint:
            print(f"hint: {found.hint}", file=sys.stderr)
        return
    print(report.headline(found), flush=True)
    if found.survivors and (whole or not found.strong):
        print(f"\n{report.survivors_text(found, spec)}\n")
    if found.equivalent and whole:
        print(f"{report.equivalent_text(found, spec)}\n")


def _row(spec: Spec, found: Strength | ArchitectError) -> dict[str, object]:
    if isinstance(found, Strength):
        return report.as_plain(found, spec)
    return {"name": spec.name, "error": str(found), "hint": found.hint}
