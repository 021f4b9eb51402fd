"""Show the incidents of the running system, or one of them with its whole story."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from architect import config
from architect.stores import running_stores
from architect.wick.incidents import Incident, Incidents

# Said better by another step, or too long for a person; --json has them.
LEFT_OUT = ("trace", "findings", "counter_example", "warnings")
LONGEST = 1200
EXAMPLE = "  architect incidents\n  architect incidents 3"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("number", nargs="?", type=int, metavar="N", help="one incident")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when there is no such incident."""
    with Incidents(running_stores(config.load(options.root)).database_url) as incidents:
        if options.number is None:
            return _list(incidents.all(), options.json)
        incident = incidents.get(options.number)
    if incident is None:
        print(f"error: there is no incident {options.number}", file=sys.stderr)
        print("hint: architect incidents lists them", file=sys.stderr)
        return 1
    print(json.dumps(plain(incident)) if options.json else story(incident))
    return 0


def _list(found: list[Incident], as_json: bool) -> int:
    if as_json:
        print(json.dumps([plain(incident) for incident in found]))
        return 0
    for incident in found:
        print(line(incident))
    if not found:
        print("no incidents")
    return 0


def plain(incident: Incident) -> dict[str, Any]:
    """Return an incident as JSON data; the list of incidents comes without events."""
    events = [
        {"time_ms": time_ms, "step": step, "detail": detail}
        for time_ms, step, detail in incident.events
    ]
    return {**asdict(incident), "took_ms": incident.took_ms, "events": events}


def line(incident: Incident) -> str:
    """Return an incident in one line."""
    took = "" if incident.took_ms is None else f" in {incident.took_ms / 1000:.2f} s"
    how = f" by {incident.fixed_by}" if incident.fixed_by else ""
    return (
        f"{incident.incident_id:4}  {_time(incident.opened_ms)}  {incident.module}  "
        f"{incident.state}{how}{took}: {incident.summary.partition(chr(10))[0]}"
    )


def story(incident: Incident) -> str:
    """Return an incident with its steps, as a person reads it."""
    lines = [line(incident)]
    for time_ms, step, detail in incident.events:
        lines.append(f"  +{time_ms - incident.opened_ms:6} ms  {step}")
        lines += [f"{' ' * 14}{text}" for text in _detail(detail)]
    if incident.commit:
        lines.append(f"  git show {incident.commit[:12]}")
    return "\n".join(lines)


def _detail(detail: dict[str, Any]) -> list[str]:
    shown = []
    for key, value in detail.items():
        if key in LEFT_OUT or value in ("", None):
            continue
        text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
        first, *rest = text[:LONGEST].splitlines() or [""]
        shown += [f"{key}: {first}", *(f"  {part}" for part in rest)]
    return shown


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
