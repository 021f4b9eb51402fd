"""Allow new entries again after a halt; the day's loss is counted anew from here.

Says every reason for which it was halted, so that nobody resumes what he has not read. What
no disk has taken, the running gateway knows and forgets.
"""

from __future__ import annotations

import argparse
import sys

from architect.system.kill_switch import day_file, switch_file, who_may
from architect.system.running_gateway import admin_socket, halted
from core.config import open_project
from core.errors import WriteFailed
from core.project import Project
from core.trading import kill_file
from core.trading.gateway_facts import ask

EXAMPLE = "  architect resume"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(options: argparse.Namespace) -> int:
    """Return 0: it is not halted now."""
    project = open_project(options.root)
    gateway = admin_socket(project)
    # First: a gateway that is asked writes what it could not write before.
    reason = halted(project, gateway)
    if reason is None:
        print("it was not halted", file=sys.stderr)
        return 0
    if kill_file.read(switch_file(project)) is not None:
        _take_away(project)
    elif gateway is not None:
        ask(gateway, "resume")
    print(f"resumed; it was halted for: {reason}", file=sys.stderr)
    return 0


def _take_away(project: Project) -> None:
    """Delete what halts, and what the day's loss is measured from."""
    path = switch_file(project)
    try:
        day_file(project).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteFailed(
            f"not resumed: {path} cannot be taken away: {error.strerror}",
            hint=who_may(path),
        ) from None
