"""Make modules again from their specs and recorded replies, byte for byte.

No model, no network. In place, a file that was edited by hand is not overwritten.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from architect.rebuild import rebuild
from core.config import open_project
from core.plain_words import counted

EXAMPLE = """\
  architect rebuild
  architect rebuild --into /tmp/again && diff -r generated /tmp/again/generated"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="modules (default: all)"
    )
    parser.add_argument("--into", type=Path, help="write into this folder instead")
    parser.add_argument(
        "--json", action="store_true", help="print what was written as JSON"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0; errors rise."""
    started = time.perf_counter()
    written = rebuild(open_project(options.root), options.names, options.into)
    took_s = time.perf_counter() - started
    if options.json:
        print(json.dumps({"written": written, "seconds": round(took_s, 3)}))
    else:
        modules = counted(len(written), "module")
        print(f"{modules} written in {took_s:.2f} s; the others were as they must be")
    return 0
