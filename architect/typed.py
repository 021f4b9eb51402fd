"""What a person types at a terminal when asked, and nothing that was typed before."""

from __future__ import annotations

import contextlib
import sys
import termios


def answer(question: str) -> str:
    """Ask on stderr and return the line that is typed; empty at the end of input."""
    forget_typed()
    print(question, end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def forget_typed() -> None:
    """Throw away what was typed on a terminal before a question was there to be read:
    a yes to what nobody has seen is none."""
    # What says that it is a terminal need not be one.
    with contextlib.suppress(OSError, termios.error):
        if sys.stdin.isatty():
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
