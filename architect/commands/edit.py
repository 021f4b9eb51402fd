"""Open a spec in $EDITOR; afterwards say what is wrong with it, what is stale, what it costs.

Nothing is built: architect generate does that, or architect watch at once.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys

from core.errors import ArchitectError

EXAMPLE = "  architect edit rsi\n  EDITOR='code --wait' architect edit rsi"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")


def run(options: argparse.Namespace) -> int:
    """Return 0 when the spec holds together, 1 when not."""
    # Heavy: not for --help.
    from architect.edits import findings
    from architect.session import open_session
    from architect.spec_listing import refuse_unknown
    from core.spec_text import load_spec

    with open_session(options.root) as session:
        refuse_unknown(session.project, options.name)
        path = session.project.spec(options.name)
        _open(path.as_posix())
        load_spec(path)
        found = findings(session, [options.name])
        for text in found.problems:
            print(f"error: {text}", file=sys.stderr)
        print(found.estimate.as_text())
    return 1 if found.problems else 0


def _open(path: str) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise ArchitectError("no editor is set", hint="export EDITOR=nano")
    try:
        code = subprocess.run([*shlex.split(editor), path]).returncode
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ArchitectError(f"{editor}: {why}", hint="set EDITOR") from None
    if code:
        raise ArchitectError(f"{editor} ended with code {code}", hint="set EDITOR")
