"""A child of one of several kinds, for the tests of Child."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from core.hang import EXIT_CODE


def say(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def main(kind: str) -> None:
    if kind == "silent":
        time.sleep(60)
    if kind == "dies":
        print("error: no such exchange", file=sys.stderr)
        sys.exit(3)
    if kind == "held":
        sys.exit(EXIT_CODE)
    if kind == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("no json")
    print("5", flush=True)
    say(
        kind="ready",
        session=os.getsid(0) == os.getpid(),
        environment=sorted(os.environ),
        zone=time.tzname,
        order=list({f"text {number}" for number in range(100)}),
    )
    if kind == "ends":
        return
    for number in range(20_000 if kind == "chatty" else 0):
        say(kind="tick", ticks=number)
    if kind == "chatty":
        return
    time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])
