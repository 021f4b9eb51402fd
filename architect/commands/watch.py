"""Build what is saved: edit a file in specs/, save, and it is gated, committed, swapped in.

Says what is stale and what it will cost, or what is wrong with the spec, or what the gate
refused with its counter-example. What was stale before is told, not built. architect up
watches too. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import threading
from typing import Any

EXAMPLE = "  architect watch\n  architect watch --relay"
BAD = ("refused", "failed", "wrong")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--relay",
        action="store_true",
        help="where no model is set or it fails, let a person or a chat window answer",
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON a step")
    parser.add_argument(
        "--parent", type=int, default=0, help="end when this process ends"
    )


def run(options: argparse.Namespace) -> int:
    """Watch until Ctrl-C; return 0."""
    # Heavy: not for --help.
    from architect.session import open_session
    from architect.watching import SpecWatch
    from core import process

    stop = threading.Event()
    if options.parent:
        # It may wait for an answer that nobody will give.
        process.end_with_parent(options.parent, stop)

    def tell(kind: str, detail: dict[str, Any]) -> None:
        if options.json:
            print(json.dumps({"kind": kind, **detail}), flush=True)
        elif kind in BAD:
            print(f"error: {detail['text']}", file=sys.stderr, flush=True)
        else:
            print(detail["text"], flush=True)

    def say(text: str) -> None:
        tell("note", {"text": text})

    with open_session(options.root, relay=options.relay or None, tell=say) as session:
        watch = SpecWatch(session, tell)
        watch.start()
        tell("ready", {"text": f"watching {session.project.specs}; Ctrl-C ends it"})
        with contextlib.suppress(KeyboardInterrupt):
            session.gate.warm()
            watch.run(stop)
    return 0
