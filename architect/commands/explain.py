"""Tell a person what a module does, who uses it, how strong its spec is, how it did live.

From the spec, the history and the running system's reflections; no model is asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

EXAMPLE = "  architect explain position_sizing\n  architect explain rsi --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0."""
    # Heavy: not for --help.
    from architect import config as configuration
    from architect.drafts.callers import hand_written
    from architect.history import strength_of
    from architect.live_record import LiveRecord, live_record
    from architect.repository import Repository
    from architect.spec_listing import accepted, explained
    from architect.stores import find_stores
    from core.errors import StoreUnavailable
    from core.manifest import read_manifest
    from core.spec_graph import load_graph

    config = configuration.load(options.root)
    project = config.project
    graph = load_graph(project.specs)
    spec = graph.get(options.name)
    told = explained(spec, graph, hand_written(spec.name))
    entry = read_manifest(project.manifest).modules.get(spec.name)
    strength = strength_of(project, Repository(project.root), spec.name)
    if not strength and entry is not None and spec.kind != "record":
        strength = _measured(options.root, spec.name)
    stores = find_stores(config)
    live: LiveRecord | None = None
    unknown = "the system is not running"
    try:
        live = live_record(stores.database_url, spec.name) if stores else None
    except StoreUnavailable as error:
        # What the module does is known without it.
        unknown = f"not known: {error}"
        print(f"note: {error}", file=sys.stderr)
    if options.json:
        plain = {**asdict(told), "version": entry.version if entry else None}
        plain |= {"strength": strength, "live": asdict(live) if live else None}
        print(json.dumps(plain, default=str))
        return 0
    print(told.as_text())
    print(f"{'accepted':12} {accepted(entry, strength)}")
    lines = live.as_text().splitlines() if live else [unknown]
    print("\n".join(f"{'live':12} {text}" for text in lines))
    return 0


def _measured(root: Path | None, name: str) -> str:
    """Return the strength of a spec whose commit does not tell it; it takes seconds.

    Empty where it cannot be measured: `architect strength` says why.
    """
    from architect.session import open_session
    from architect.strength.project import measured
    from core.errors import ArchitectError

    with open_session(root) as session:
        graph = session.graph()
        ((_, found),) = measured(session, graph, [graph.get(name)], named=True)
    return "" if isinstance(found, ArchitectError) else found.caught.as_text()
