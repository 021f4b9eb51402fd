"""Show which small wrong programs the tests of a spec let through.

The accepted body is changed in one place at a time; each such mutant meets the spec's
tests. The share is of those that differ from the body on some input that was found: each
survivor is shown with such an input, as an example to paste into the spec.

Exit codes: 0 every spec reaches its `strength` (0.95 where it says nothing), 1 not.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from core.errors import ArchitectError

if TYPE_CHECKING:
    from architect.strength.strength import Strength
    from core.spec import Spec

EXAMPLE = "  architect strength\n  architect strength rsi --survivors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="specs (default: all)")
    parser.add_argument(
        "--survivors",
        action="store_true",
        help="show survivors of strong specs too, and what seems the same",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 when every spec is strong enough, 1 otherwise."""
    # Heavy: not for --help.
    from architect.session import open_session
    from architect.strength.project import measured

    rows, ok = [], True
    with open_session(options.root) as session:
        graph = session.graph()
        specs = [graph.get(name) for name in options.names or graph.order]
        for spec, found in measured(session, graph, specs, bool(options.names)):
            ok = ok and not isinstance(found, ArchitectError) and found.caught.enough
            if options.json:
                rows.append(_row(spec, found))
            else:
                _show(spec, found, options.survivors)
    if options.json:
        print(json.dumps({"ok": ok, "specs": rows}, default=str))
    return 0 if ok else 1


def _show(spec: Spec, found: Strength | ArchitectError, whole: bool) -> None:
    from architect.strength import report

    if isinstance(found, ArchitectError):
        print(f"error: {found}", file=sys.stderr)
        if found.hint:
            print(f"hint: {found.hint}", file=sys.stderr)
        return
    print(report.headline(found), flush=True)
    if found.survivors and (whole or not found.caught.enough):
        print(f"\n{report.survivors_text(found, spec)}\n")
    if found.equivalent and whole:
        print(f"{report.equivalent_text(found, spec)}\n")


def _row(spec: Spec, found: Strength | ArchitectError) -> dict[str, object]:
    from architect.strength import report

    if isinstance(found, ArchitectError):
        return {"name": spec.name, "error": str(found), "hint": found.hint}
    return report.as_plain(found, spec)
