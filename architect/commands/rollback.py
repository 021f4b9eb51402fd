"""Bring back an accepted version of a module: the last before the present, or a named one.

If the file was edited by hand or is gone, the accepted version is put back first and the
edit is kept under .architect/discarded. A version goes live only if it passes today's
gate.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from core.manifest import read_manifest
from core.spec_graph import SpecGraph, readable_graph

if TYPE_CHECKING:
    from architect.history import Accepted
    from architect.pipeline import Pipeline
    from architect.session import Session

EXAMPLE = "  architect rollback rsi\n  architect rollback rsi 3f9c2a"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument(
        "version", nargs="?", metavar="VERSION", help="as architect log shows it"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when the version does not pass today's gate."""
    from architect.history import find_version  # heavy: not for --help
    from architect.session import open_session

    name = options.name
    with open_session(options.root) as session, session.building() as pipeline:
        graph = _graph(session, name)
        if _restored(session, name) and options.version is None:
            return 0
        target = find_version(
            session.project, session.repository, name, options.version
        )
        present = read_manifest(session.project.manifest).modules.get(name)
        if present is not None and present.version == target.version:
            print(f"{name} is at version {target.version} already")
            return 0
        return _bring_back(session, pipeline, graph, name, target)


def _graph(session: Session, name: str) -> SpecGraph:
    """Return the graph of the specs that hold together; SpecError where one that is broken
    has a say in whether the module may go live."""
    project = session.project
    graph, broken = readable_graph(project.specs)
    known = read_manifest(project.manifest)
    for other, error in broken.items():
        needs = other in known.modules and name in known.load_order([other])
        if needs or other == name:
            raise error
    graph.get(name)
    return graph


def _restored(session: Session, name: str) -> bool:
    """Put the accepted file back where it was edited or is gone; tell so."""
    from architect.history import restore

    restored = restore(session.project, session.repository, name)
    if restored is None:
        return False
    if restored.kept is not None:
        place = restored.kept.relative_to(session.project.root)
        print(f"the hand edit is kept in {place}")
    print(f"{name} is the accepted version again")
    return True


def _bring_back(
    session: Session, pipeline: Pipeline, graph: SpecGraph, name: str, target: Accepted
) -> int:
    verdict = pipeline.bring_back(graph.get(name), graph, target)
    session.record_verdicts()
    if verdict.accepted:
        print(f"{name} is at version {target.version}")
        return 0
    print(
        f"error: {name} version {target.version}: {verdict.as_text()}", file=sys.stderr
    )
    print(
        f"hint: architect log {name} shows the others; it stays as it is",
        file=sys.stderr,
    )
    return 1
