"""Show how each module stands: up to date, stale, edited; and what the system runs.

Of a version that the system holds back it says what that waits for.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from functools import partial
from typing import Any

from architect import breakers
from architect import config as configuration
from architect.running import held_back, running_versions
from architect.staleness import State, states
from architect.stores import running_stores
from architect.system.overview import follow, lines, overview
from architect.system.running_gateway import shown_halt
from core.errors import SpecError
from core.manifest import Manifest, read_manifest
from core.spec_graph import readable_graph

EXAMPLE = "  architect status\n  architect status rsi\n  architect status --watch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="modules (default: all)"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument(
        "--watch",
        action="store_true",
        help="follow what trades now, until Ctrl-C: equity, open trades, halts",
    )


def run(options: argparse.Namespace) -> int:
    """Return 0 when all that was asked for is up to date, 1 otherwise."""
    config = configuration.load(options.root)
    if options.watch:
        return _watch(config, options.json)
    reason = shown_halt(config.project)
    if reason is not None:
        print(f"HALTED: {reason}; architect resume allows new entries", file=sys.stderr)
    graph, broken = readable_graph(config.project.specs)
    for name in options.names:
        if name not in broken:
            graph.get(name)
    manifest = read_manifest(config.project.manifest)
    found = [s for s in states(config.project, graph, manifest) if s.name not in broken]
    found += [State(name, "broken", _why(error)) for name, error in broken.items()]
    shown = [s for s in found if not options.names or s.name in options.names]
    running, known = running_versions(config, _note), breakers.healths(config)
    versions = {name: entry.version for name, entry in manifest.modules.items()}
    held = held_back(config, versions) if running else {}
    rows = [
        {
            **_row(state, manifest, running),
            "held": held.get(state.name, ""),
            "barred": breakers.told(known.get(state.name)),
        }
        for state in shown
    ]
    if options.json:
        print(json.dumps(rows))
    else:
        _table(rows, bool(running))
    return 0 if all(state.ok for state in shown) else 1


def _watch(config: configuration.Config, as_json: bool) -> int:
    url = running_stores(config).database_url
    on_terminal = sys.stdout.isatty() and not as_json
    with contextlib.suppress(KeyboardInterrupt):
        for found in follow(partial(overview, config, url)):
            if as_json:
                print(json.dumps(found, default=str), flush=True)
                continue
            clear = "\x1b[H\x1b[2J" if on_terminal else ""
            print(clear + "\n".join(lines(found)), flush=True)
    return 0


def _why(error: SpecError) -> str:
    hint = f" (hint: {error.hint})" if error.hint else ""
    return f"{error}{hint}"


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _row(state: State, manifest: Manifest, running: dict[str, str]) -> dict[str, Any]:
    entry = manifest.modules.get(state.name)
    return {
        "name": state.name,
        "state": state.state,
        "why": state.why,
        "version": entry.version if entry else None,
        "by": entry.by if entry else None,
        "checks": entry.checks if entry else 0,
        "running": running.get(state.name),
    }


def _table(rows: list[dict[str, Any]], live: bool) -> None:
    width = max((len(row["name"]) for row in rows), default=4)
    for row in rows:
        version = row["version"] or "-"
        line = f"{row['name']:{width}}  {row['state']:8}  {version:12}  {row['by'] or '-':8}"
        line += f"  {row['checks']:5} checks"
        if live:
            same = row["running"] in (row["version"], None)
            line += (
                "  live"
                if same and row["running"]
                else f"  runs {row['running'] or '-'}"
            )
        print(f"{line}  {row['why']}".rstrip())
        if row["held"]:
            print(f"{'':{width}}  {row['held']}")
        if row["barred"]:
            print(f"{'':{width}}  {row['barred']} (architect wick reset {row['name']})")
    ok = sum(row["state"] == "ok" for row in rows)
    print(
        f"{ok} of {len(rows)} up to date"
        + ("" if live else "; the system is not running")
    )
