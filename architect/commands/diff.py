"""Show what changed in a module: between two accepted versions, or by a hand edit.

Without a version: the file on disk against the accepted one if it was edited, else the
accepted version against the one before it.
"""

from __future__ import annotations

import argparse
import difflib
import json

from core.config import open_project
from core.manifest import read_manifest, sha256

EXAMPLE = "  architect diff rsi\n  architect diff rsi 3f9c2a"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument(
        "version", nargs="?", metavar="VERSION", help="an earlier one, as architect log"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0; ArchitectError when there is nothing to compare with."""
    from architect.history import find_version, versions  # heavy: not for --help
    from architect.repository import Repository
    from architect.spec_listing import refuse_unknown

    project, name = open_project(options.root), options.name
    refuse_unknown(project, name)
    repository = Repository(project.root)
    entry = read_manifest(project.manifest).modules.get(name)
    path = project.module(name)
    disk = path.read_bytes() if path.exists() else b""
    known = {v.version: v for v in versions(project, repository, name)}
    present = known.get(entry.version) if entry else None
    if options.version is None and present and sha256(disk) != present.entry.file:
        old, new, now = present.module, disk.decode("utf-8", "replace"), "on disk"
        before = present.version
    else:
        target = find_version(project, repository, name, options.version)
        old, new, before = (
            target.module,
            disk.decode("utf-8", "replace"),
            target.version,
        )
        now = entry.version if entry else "on disk"
    lines = difflib.unified_diff(
        old.splitlines(),
        new.splitlines(),
        f"{name} {before}",
        f"{name} {now}",
        lineterm="",
    )
    text = "\n".join(lines)
    print(
        json.dumps({"from": before, "to": now, "diff": text}) if options.json else text
    )
    return 0
