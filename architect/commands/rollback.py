"""Bring back an accepted version of a module: the last before the present, or a named one.

If the file was edited by hand, the accepted version is put back first and the edit is
kept under .architect/discarded. A version goes live only if it passes today's gate.
"""

from __future__ import annotations

import argparse
import sys

from architect.history import find_version, restore
from architect.session import open_session
from core.spec_graph import load_graph

EXAMPLE = "  architect rollback rsi\n  architect rollback rsi 3f9c2a"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument("version", nargs="?", metavar="VERSION", help="as architect log shows it")


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when the version does not pass today's gate."""
    with open_session(options.root) as session, session.building() as pipeline:
        graph = load_graph(session.project.specs)
        spec = graph.get(options.name)
        kept = restore(session.project, session.repository, options.name)
        if kept is not None:
            print(f"the hand edit is kept in {kept.relative_to(session.project.root)}")
            if options.version is None:
                print(f"{options.name} is the accepted version again")
                return 0
        target = find_version(
            session.project, session.repository, options.name, options.version
        )
        verdict = pipeline.bring_back(spec, graph, target)
        session.record_verdict(options.name, verdict)
    if not verdict.accepted:
        print(f"error: version {target.version}: {verdict.as_text()}", file=sys.stderr)
        print("hint: the spec has changed since: architect generate", file=sys.stderr)
        return 1
    print(f"{options.name} is at version {target.version}")
    return 0
