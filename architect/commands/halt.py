"""Throw the kill switch: nothing new is opened, exits and protective orders still pass.

It works whether the system runs or not, and stays until `architect resume`.
"""

from __future__ import annotations

import argparse
import sys

from architect.system.kill_switch import switch_file
from core.config import open_project
from core.trading import kill_file

EXAMPLE = "  architect halt\n  architect halt --why 'news at 14:00'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--why", default="by hand", metavar="TEXT", help="the reason, for whoever asks"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0: it is halted now."""
    path = switch_file(open_project(options.root))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if kill_file.write(path, options.why):
        print(f"halted: {options.why}", file=sys.stderr)
    else:
        print(f"halted already: {kill_file.read(path)}", file=sys.stderr)
    print("architect resume allows new entries again", file=sys.stderr)
    return 0
