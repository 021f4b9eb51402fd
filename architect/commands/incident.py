"""Show one incident with its whole story: what failed, what was done, what mended it.

Times are relative to the failure. The change is coloured on a terminal, unless NO_COLOR is
set. `architect incidents` lists them all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from architect import config as configuration
from architect.command_types import positive
from architect.config import Config
from architect.repository import Repository
from architect.stores import stores_to_read
from architect.wick.incidents import Incident, Incidents
from architect.wick.story import Paint, plain, story
from core.errors import GitError

EXAMPLE = "  architect incident 3\n  architect incident 3 --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("number", type=positive, metavar="N", help="which one")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when there is no such incident."""
    config = configuration.load(options.root)
    with stores_to_read(config) as stores, Incidents(stores.database_url) as incidents:
        incident = incidents.get(options.number)
    return show(config, incident, options.number, options.json)


def show(config: Config, incident: Incident | None, number: int, as_json: bool) -> int:
    """Print an incident; 1 when there is none."""
    if incident is None:
        print(f"error: there is no incident {number}", file=sys.stderr)
        print("hint: architect incidents lists them", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(plain(incident)))
        return 0
    print(story(incident, now_ms(), Paint(colours()), _change(config, incident)))
    return 0


def now_ms() -> int:
    """Return UTC milliseconds."""
    return time.time_ns() // 1_000_000


def colours() -> bool:
    """Tell whether stdout is a terminal that wants colours."""
    plain_terminal = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain_terminal


def _change(config: Config, incident: Incident) -> tuple[str, str] | None:
    """Return the module before and after its repair, None where git does not know it."""
    if not incident.commit or incident.state != "repaired":
        return None
    path = config.project.module(incident.module)
    try:
        repository = Repository(config.project.root)
        before = repository.show(f"{incident.commit}^", path)
        after = repository.show(incident.commit, path)
    except GitError:
        return None
    if before is None or after is None:
        return None
    return before.decode(errors="replace"), after.decode(errors="replace")
