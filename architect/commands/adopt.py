"""Judge a module that was edited by hand; record it as written by hand if accepted.

Only the body may differ from the accepted file. What the gate refuses stays on disk
and never goes live.
"""

from __future__ import annotations

import argparse
import sys

from core.spec_graph import load_graph

EXAMPLE = "  architect adopt rsi"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")


def run(options: argparse.Namespace) -> int:
    """Return 0 when it is accepted (or was not edited), 1 when it is refused."""
    # Heavy: not for --help.
    from architect.advice import show_author
    from architect.session import open_session
    from architect.spec_body import file_text

    with open_session(options.root) as session, session.building() as pipeline:
        graph = load_graph(session.project.specs)
        spec = graph.get(options.name)
        file_text(session.project, spec.name)  # FileConflict where it is no text
        verdict = pipeline.adopt(spec, graph)
        session.record_verdicts()
    if verdict.accepted:
        print(f"{options.name}: {verdict.as_text()}")
        return 0
    print(f"error: {options.name}: {verdict.as_text()}", file=sys.stderr)
    show_author(verdict)
    print(f"hint: mend it, or architect rollback {options.name}", file=sys.stderr)
    return 1
