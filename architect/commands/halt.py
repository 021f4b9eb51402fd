"""Throw the kill switch: nothing new is opened, exits and protective orders still pass.

It works whether the system runs or not, and stays until `architect resume`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from architect.system.kill_switch import switch_file, who_may
from core.config import open_project
from core.errors import WriteFailed
from core.trading import kill_file

EXAMPLE = "  architect halt\n  architect halt --why 'news at 14:00'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--why", default="by hand", metavar="TEXT", help="the reason, for whoever asks"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0: it is halted now; WriteFailed says that it is not, and what else halts."""
    path = switch_file(open_project(options.root))
    lost = _throw(path, options.why)
    print(f"halted: {kill_file.read(path)}", file=sys.stderr)
    if lost:
        print(f"the reason is not kept: {lost}", file=sys.stderr)
    print("architect resume allows new entries again", file=sys.stderr)
    return 0


def _throw(path: Path, why: str) -> str | None:
    """Throw the switch; return why its reason could not be written, None if it could."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kill_file.write(path, why)
    except OSError as error:
        # On a full disk it is there without its reason, and that is what counts.
        if not os.path.exists(path):
            raise _not_halted(path, error) from None
        return error.strerror
    return None


def _not_halted(path: Path, error: OSError) -> WriteFailed:
    may = who_may(path)
    return WriteFailed(
        f"NOT halted: {path} cannot be written: {error.strerror}",
        hint=f"{may}; or end architect up (Ctrl-C): then nothing is entered any more, and"
        " stops and takes stay at the exchange",
    )
