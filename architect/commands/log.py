"""Show the accepted versions of a module, newest first."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from architect.history import Accepted, versions
from architect.repository import Repository
from architect.spec_listing import refuse_unknown
from core.config import open_project

EXAMPLE = "  architect log rsi"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument(
        "--json", action="store_true", help="print the versions as JSON"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when the module was never accepted."""
    project = open_project(options.root)
    refuse_unknown(project, options.name)
    known = versions(project, Repository(project.root), options.name)
    if options.json:
        print(json.dumps([_plain(version) for version in known]))
    else:
        for version in known:
            print(_line(version))
    if not known:
        print(f"error: {options.name} was never built", file=sys.stderr)
        print(f"hint: architect generate {options.name}", file=sys.stderr)
    return 0 if known else 1


def _plain(version: Accepted) -> dict[str, object]:
    return {
        "version": version.version,
        "commit": version.commit.id,
        "time": _time(version),
        "by": version.entry.by,
        "checks": version.entry.checks,
        "subject": version.commit.subject,
    }


def _line(version: Accepted) -> str:
    return (
        f"{version.version}  {_time(version)}  {version.entry.by:8}  "
        f"{version.entry.checks:4} checks  {version.commit.subject}"
    )


def _time(version: Accepted) -> str:
    return datetime.fromtimestamp(version.commit.time_s, UTC).strftime("%Y-%m-%d %H:%M")
