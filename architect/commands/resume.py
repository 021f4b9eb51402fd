"""Allow new entries again after a halt; the day's loss is counted anew from here.

Says every reason for which it was halted, so that nobody resumes what he has not read.
"""

from __future__ import annotations

import argparse
import sys

from architect.system.kill_switch import day_file, switch_file, who_may
from core.config import open_project
from core.errors import WriteFailed
from core.trading import kill_file

EXAMPLE = "  architect resume"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(options: argparse.Namespace) -> int:
    """Return 0: it is not halted now."""
    project = open_project(options.root)
    path = switch_file(project)
    reason = kill_file.read(path)
    if reason is None:
        print("it was not halted", file=sys.stderr)
        return 0
    try:
        day_file(project).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteFailed(
            f"not resumed: {path} cannot be taken away: {error.strerror}",
            hint=who_may(path),
        ) from None
    print(f"resumed; it was halted for: {reason}", file=sys.stderr)
    return 0
