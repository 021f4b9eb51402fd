"""Show a module: its spec as it is on disk, and the body that was accepted for it."""

from __future__ import annotations

import argparse
import json

from core.config import open_project
from core.manifest import read_manifest, sha256
from core.spec_graph import load_graph

EXAMPLE = "  architect show rsi\n  architect show rsi --only body"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument("--only", choices=("spec", "body"), help="one of the two")
    parser.add_argument("--json", action="store_true", help="print both as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0."""
    from architect.spec_body import accepted_body  # heavy: not for --help

    project = open_project(options.root)
    spec = load_graph(project.specs).get(options.name)
    text = project.spec(spec.name).read_text(encoding="utf-8")
    body = accepted_body(project, spec)
    if options.json:
        entry = read_manifest(project.manifest).modules.get(spec.name)
        version = entry.version if entry else None
        plain = {"name": spec.name, "spec": text, "body": body, "version": version}
        print(json.dumps({**plain, "spec_sha256": sha256(text)}))
        return 0
    if options.only != "body":
        print(text.rstrip())
    if options.only is None:
        print(f"\n# the accepted body of {spec.name}")
    if options.only != "spec":
        print(body.rstrip() or "# none: a record has none, and what was never built")
    return 0
