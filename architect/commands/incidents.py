"""List the incidents of the system, the newest first.

With a number it shows one of them, as architect incident N does.
"""

from __future__ import annotations

import argparse
import json

from architect import config as configuration
from architect.command_types import positive
from architect.commands.incident import colours, now_ms, show
from architect.stores import stores_to_read
from architect.wick.incidents import Incident, Incidents
from architect.wick.story import Paint, line, plain

EXAMPLE = "  architect incidents\n  architect incidents 3"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "number", nargs="?", type=positive, metavar="N", help="one incident"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when there is no such incident."""
    config = configuration.load(options.root)
    with stores_to_read(config) as stores, Incidents(stores.database_url) as incidents:
        if options.number is None:
            return _list(incidents.all(), options.json)
        incident = incidents.get(options.number)
    return show(config, incident, options.number, options.json)


def _list(found: list[Incident], as_json: bool) -> int:
    if as_json:
        print(json.dumps([plain(incident) for incident in found]))
        return 0
    now, paint = now_ms(), Paint(colours())
    for incident in found:
        print(line(incident, now, paint))
    if not found:
        print("no incidents")
    return 0
