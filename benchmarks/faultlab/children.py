"""The processes that are killed: the real gateway and the real trading loop.

They are forked from a server that has imported them, so that a restart costs
milliseconds and a thousand runs are feasible; what they run is their own `main`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = [
    "ccxt",
    "pandas",
    "psycopg",
    "redis",
    "core.trading.gateway.__main__",
    "core.trading.trader.__main__",
]


def context() -> ForkServerContext:
    """Return the forking context, with everything slow imported once."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([*PRELOADED, "faultlab.children"])
    return found


class Child:
    """One process that runs a `main`; its output goes into a file, a line a message."""

    def __init__(
        self,
        forks: ForkServerContext,
        main: str,
        words: list[str],
        environment: Mapping[str, str],
        output: Path,
    ) -> None:
        self.output = output
        self._start = output.stat().st_size if output.exists() else 0
        arguments = (main, words, dict(environment), str(output))
        self.process: ForkServerProcess = forks.Process(
            target=run_main, args=arguments, daemon=True
        )
        self.process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid or 0

    def lines(self) -> list[dict[str, object]]:
        """Return the whole lines of JSON that it wrote so far."""
        with self.output.open("rb") as file:
            file.seek(self._start)
            whole = [line for line in file.read().split(b"\n")[:-1] if line[:1] == b"{"]
        return [json.loads(line) for line in whole]

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for its end; return its exit code, None while it runs."""
        self.process.join(timeout_s)
        return self.process.exitcode

    def stop(self) -> None:
        """End it as a person would, then as a crash would."""
        self.process.terminate()
        self.process.join(5)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()


def run_main(
    main: str, words: list[str], environment: dict[str, str], output: str
) -> None:
    """Be that process: its own environment and output, then its `main`."""
    import importlib

    os.environ.clear()
    os.environ.update(environment)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    code = importlib.import_module(main).main(words)
    times = os.times()
    print(f"cpu {times.user:.2f} + {times.system:.2f} s", file=sys.stderr)
    sys.stdout.flush()
    os._exit(code)
