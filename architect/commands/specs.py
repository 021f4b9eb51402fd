"""List the specs: name, kind and what each is for."""

from __future__ import annotations

import argparse
import json

from architect.spec_listing import first_sentence, line, matches
from core.config import open_project
from core.spec_graph import load_graph

EXAMPLE = "  architect specs\n  architect specs risk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "word", nargs="?", default="", metavar="WORD", help="only those that hold it"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when none holds the word."""
    graph = load_graph(open_project(options.root).specs)
    found = [spec for spec in graph if matches(spec, options.word)]
    found.sort(key=lambda spec: spec.name)
    if options.json:
        rows = [
            {"name": s.name, "kind": s.kind, "intent": first_sentence(s)} for s in found
        ]
        print(json.dumps(rows))
    else:
        width = max((len(spec.name) for spec in found), default=4)
        print(
            "\n".join(line(spec, width) for spec in found) or "no spec holds that word"
        )
    return 0 if found else 1
