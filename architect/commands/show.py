"""Show a module: its spec as it is on disk, and the body that was accepted for it."""

from __future__ import annotations

import argparse
import json
import sys

from core.config import open_project
from core.errors import SpecError
from core.manifest import Entry, read_manifest, sha256
from core.project import Project
from core.spec_text import load_spec

EXAMPLE = "  architect show rsi\n  architect show rsi --only body"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument("--only", choices=("spec", "body"), help="one of the two")
    parser.add_argument("--json", action="store_true", help="print both as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0."""
    from architect.spec_listing import refuse_unknown  # heavy: not for --help

    project, name = open_project(options.root), options.name
    refuse_unknown(project, name)
    entry = read_manifest(project.manifest).modules.get(name)
    if options.json:
        text, body = _spec_text(project, name), _body(project, name, entry)
        version = entry.version if entry else None
        plain = {"name": name, "spec": text, "body": body, "version": version}
        print(json.dumps({**plain, "spec_sha256": sha256(text)}))
        return 0
    if options.only != "body":
        print(_spec_text(project, name).rstrip())
    if options.only is None:
        print(f"\n# the accepted body of {name}")
    if options.only != "spec":
        body = _body(project, name, entry).rstrip()
        print(body or "# none: a record has none, and what was never built")
    return 0


def _spec_text(project: Project, name: str) -> str:
    try:
        return project.spec(name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        load_spec(project.spec(name))  # says why, and what mends it
        raise


def _body(project: Project, name: str, entry: Entry | None) -> str:
    """Return the accepted body, also where the spec is broken by now."""
    from architect.spec_body import accepted_body, between, file_text

    try:
        return accepted_body(project, load_spec(project.spec(name)))
    except SpecError as error:
        print(f"note: {error}", file=sys.stderr)
    if entry is None or entry.kind == "record":
        return ""
    return between(file_text(project, name))
