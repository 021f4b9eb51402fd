"""Judge a bare body or a whole module against a spec; nothing is written.

Exit codes: 0 accepted, 1 refused (with one smallest counter-example), 2 called wrongly.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import SpecError
from core.spec import Spec
from core.spec_graph import SpecGraph, graph, load_graph
from core.spec_text import load_spec

EXAMPLE = "  architect gate my_body.py --spec specs/trading/rsi.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a body or a module; - is stdin"
    )
    parser.add_argument("--spec", required=True, help="a spec's file, or its name")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 (accepted), 1 (refused) or 2 (no such file or spec)."""
    # Heavy: not for --help.
    from architect.advice import show_author
    from architect.session import open_session

    try:
        text = (
            sys.stdin.read()
            if str(options.file) == "-"
            else options.file.read_text("utf-8")
        )
    except UnicodeDecodeError:
        return _wrong(f"{options.file}: not UTF-8", "give a body or a module as text")
    except OSError as error:
        return _wrong(f"{options.file}: {error.strerror}")
    with open_session(options.root) as session:
        try:
            spec, specs = _find(session.project.specs, options.spec)
        except SpecError as error:
            return _wrong(str(error), error.hint)
        verdict = session.judge(specs)(spec, text)
    print(verdict.as_json() if options.json else verdict.as_text(), flush=True)
    show_author(verdict)
    return 0 if verdict.accepted else 1


def _find(folder: Path, named: str) -> tuple[Spec, SpecGraph]:
    """Return the spec and a graph that holds it, also when it lies outside specs/."""
    known = load_graph(folder)
    if named in known.specs:
        return known.specs[named], known
    path = Path(named)
    if not path.exists():
        return known.get(named), known
    spec = load_spec(path)
    return spec, graph({**known.specs, spec.name: spec})


def _wrong(message: str, hint: str | None = None) -> int:
    print(f"error: {message}", file=sys.stderr)
    print(f"hint: {hint or 'architect gate --help'}", file=sys.stderr)
    return 2
