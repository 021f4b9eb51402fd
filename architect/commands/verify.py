"""Check that every module is exactly what specs, replies and manifest give.

It needs no model and no network, and it writes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys

from architect.rebuild import verify
from core.config import open_project
from core.manifest import read_manifest
from core.plain_words import counted

EXAMPLE = "  architect verify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--json", action="store_true", help="print the problems as JSON"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0 when all holds, 1 with a line for each problem otherwise."""
    project = open_project(options.root)
    problems = verify(project)
    if options.json:
        rows = [
            {"name": p.name, "message": p.message, "hint": p.hint} for p in problems
        ]
        print(json.dumps({"ok": not problems, "problems": rows}))
        return 1 if problems else 0
    for problem in problems:
        print(f"error: {problem.name}: {problem.message}", file=sys.stderr)
        if problem.hint:
            print(f"hint: {problem.hint}", file=sys.stderr)
    if not problems:
        count = len(read_manifest(project.manifest).modules)
        print(f"{counted(count, 'module')}: files, replies, specs and manifest agree")
    return 1 if problems else 0
