"""A build in a process of its own, killed by SIGKILL where it is told.

    python killed_build.py ROOT STEP NUMBER [group]   at the NUMBERth such step
    python killed_build.py ROOT time SECONDS [group]  after so long from the first step on

With `group` the whole process group dies with it, with `pool` two gates judge.
Answers are the recorded replies.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from architect import gate_pool
from architect.session import open_session


def main() -> None:
    root, where, number = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    whole_group = "group" in sys.argv[4:]
    gate_pool.WORTH_IT = 1 if "pool" in sys.argv[4:] else 1000
    seen = 0

    def kill() -> None:
        if whole_group:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def step(name: str) -> None:
        nonlocal seen
        if where == "time" and not seen:
            threading.Timer(number, kill).start()
        seen += where in (name, "time")
        if where == name and seen == number:
            kill()

    with open_session(root) as session, session.building() as pipeline:
        pipeline.step = step
        pipeline.generate()


if __name__ == "__main__":
    main()
