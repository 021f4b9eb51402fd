"""What a person types at a terminal when asked, and nothing that was typed before."""

from __future__ import annotations

import contextlib
import sys
import termios
from typing import TYPE_CHECKING

from core.errors import ArchitectError

if TYPE_CHECKING:
    from core.stores.inventory import Inventory


def answer(question: str) -> str:
    """Ask on stderr and return the line that is typed; empty at the end of input."""
    forget_typed()
    print(question, end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def may_empty(found: Inventory, yes: bool) -> bool:
    """Show what of ours the stores hold, and ask whether it may go; `yes` says it beforehand.

    ArchitectError where nobody is there to be asked.
    """
    print(found.describe(), file=sys.stderr)
    if yes:
        return True
    if not sys.stdin.isatty():
        raise ArchitectError(
            "nobody is there to say yes to emptying the stores",
            hint="architect db init --yes, or purge --yes, says it beforehand",
        )
    return answer("Empty all of this? Type yes:") == "yes"


def forget_typed() -> None:
    """Throw away what was typed on a terminal before a question was there to be read:
    a yes to what nobody has seen is none."""
    # What says that it is a terminal need not be one.
    with contextlib.suppress(OSError, termios.error):
        if sys.stdin.isatty():
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
