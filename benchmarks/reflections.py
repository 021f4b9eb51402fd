"""Reflections into the embedded Postgres: how many a second, and what is lost in a disaster.

    .venv/bin/python benchmarks/reflections.py [--json FILE]

The rate is that of one core for everything: this process, its threads and the servers are
held to it, and what counts is the CPU time of all of them together, which on a core that
does nothing else is the time by the clock; the rate by the clock stands beside it, for as
many rows as keep it going for seconds. The references write the same rows in the same
run: the server's own share (COPY of lines made before), executemany and pipeline mode.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from figures import ROOT, Figure, main

from core.reflection_batch import COPY
from core.reflection_rows import Record, to_rows
from core.reflections import BATCH_ROWS, ReflectionLog
from core.stores import embedded
from core.stores.embedded import Stores
from core.stores.inventory import count
from core.stores.migrate import migrate
from core.stores.postgres import connect

PART, GOAL = "reflections", 100_000
TABLE = "system_logs.reflections"
INSERT = b"""
insert into system_logs.reflections
    (time_ms, module, version, tick, duration_us, outcome, error, args, result)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
ARGS = {"symbol": "PF_XBTUSD", "price": Decimal("64012.5"), "length": 14}
WRITER = """
import sys, time
from pathlib import Path
from core.reflections import ReflectionLog
log = ReflectionLog(sys.argv[1], Path(sys.argv[2]))
out = sys.stdout.fileno()
import os, struct
number = 0
while True:
    log.append((time.perf_counter_ns(), "rsi", "v1", number, 1500, "ok", None, None, 1.5))
    os.write(out, struct.pack("<qq", number, time.time_ns()))
    number += 1
    time.sleep(0.0001)
"""


def records(number: int, first: int = 0) -> list[Record]:
    """Return records like those of a strategy: a few arguments, a small result."""
    now = time.perf_counter_ns()
    return [
        (now + i, "rsi", "3f2a9c71", first + i, 12_345, "ok", None, ARGS, 51.25)
        for i in range(number)
    ]


def rate(stores: Stores, number: int, run: Callable[[], object]) -> float:
    """Return how many a second of CPU, ours and the server's."""
    started = _cpu_s(stores)
    run()
    return number / (_cpu_s(stores) - started)


def _cpu_s(stores: Stores) -> float:
    """Return the CPU seconds of this process and of Postgres, ended backends included."""
    postmaster, *others = _postgres(stores)
    ticks = sum(int(x) for x in _fields(postmaster)[11:15])
    for pid in others:
        with contextlib.suppress(OSError):
            ticks += sum(int(x) for x in _fields(pid)[11:13])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def by_us(stores: Stores, spool: Path, number: int) -> tuple[float, float]:
    """Return rows a second through the log, until Postgres has them all: of CPU, by the clock."""
    batch = records(number)
    with ReflectionLog(stores.database_url, spool) as log:

        def write() -> None:
            log.records.extend(batch)
            assert log.flush(300)

        started = time.perf_counter()
        found = rate(stores, number, write)
        took = time.perf_counter() - started
        assert log.counters.written == number
    return found, number / took


def by_copy_alone(stores: Stores, number: int) -> float:
    """Return rows a second of COPY, its lines made before."""
    lines = to_rows(records(number))

    def write() -> None:
        for first in range(0, len(lines), BATCH_ROWS):
            with connection.transaction(), connection.cursor().copy(COPY) as copy:
                copy.write(b"".join(lines[first : first + BATCH_ROWS]))

    # Open until after the last look: the CPU time of a backend that is just ending is
    # nowhere to be read.
    with connect(stores.database_url) as connection:
        return rate(stores, number, write)


def by_executemany(stores: Stores, number: int, *, pipeline: bool = False) -> float:
    """Return rows a second by executemany, or by single statements in pipeline mode."""
    args = json.dumps({**ARGS, "price": "64012.5"})
    rows = [
        (
            time.time_ns() // 1_000_000,
            "rsi",
            "3f2a9c71",
            i,
            12.3,
            "ok",
            None,
            args,
            "51.25",
        )
        for i in range(number)
    ]

    def write() -> None:
        for first in range(0, number, BATCH_ROWS):
            part = rows[first : first + BATCH_ROWS]
            with connection.transaction(), connection.cursor() as cursor:
                if not pipeline:
                    cursor.executemany(INSERT, part)
                    continue
                with connection.pipeline():
                    for row in part:
                        cursor.execute(INSERT, row)

    with connect(stores.database_url) as connection:
        return rate(stores, number, write)


def stalled(stores: Stores, spool: Path, number: int) -> tuple[float, int]:
    """Return MB that memory grew while Postgres stood still, and how many rows were lost."""
    before, held = _rows(stores), _memory_mb()
    with ReflectionLog(stores.database_url, spool) as log:
        log.records.extend(records(1))
        assert log.flush(30)
        servers = _postgres(stores)
        _signal(servers, signal.SIGSTOP)
        try:
            part = min(10_000, number)
            for first in range(0, number, part):
                log.records.extend(records(part, first))
                time.sleep(0.02)
            grown = _memory_mb() - held
        finally:
            _signal(servers, signal.SIGCONT)
        assert log.flush(300)
    return grown, before + 1 + number - _rows(stores)


def _signal(pids: list[int], number: int) -> None:
    """Send a signal to processes; one that ends by itself meanwhile is left alone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def store_killed(stores: Stores, spool: Path, number: int, kills: int) -> int:
    """Return the rows lost while Postgres is killed again and again under the writer."""
    before = _rows(stores)
    with ReflectionLog(stores.database_url, spool) as log:
        for round_number in range(kills):
            log.records.extend(records(number, round_number * number))
            time.sleep(0.1)
            os.kill(_postmaster(stores), signal.SIGKILL)
            log.records.extend(records(number, round_number * number))
            assert log.flush(120)
    return before + 2 * kills * number - _rows(stores)


def writer_killed(stores: Stores, spool: Path, runs: int, alive_s: float) -> float:
    """Return ms: how old the oldest lost record was when its writer was killed; the worst."""
    worst = 0.0
    for _ in range(runs):
        before = _rows(stores)
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, stores.database_url, str(spool)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        parts: list[bytes] = []
        reader = threading.Thread(
            target=lambda p=parts, f=process.stdout: p.append(f.read())
        )
        reader.start()
        time.sleep(alive_s)
        killed_ns = time.time_ns()
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
        told = b"".join(parts)
        with ReflectionLog(stores.database_url, spool) as after:  # adopts what waits
            assert after.flush(30)
        arrived = _rows(stores) - before
        if arrived * 16 < len(told):
            at_ns = int.from_bytes(told[arrived * 16 + 8 : arrived * 16 + 16], "little")
            worst = max(worst, (killed_ns - at_ns) / 1e6)
    return worst


def _rows(stores: Stores) -> int:
    with connect(stores.database_url) as connection:
        return count(connection, TABLE)


def _memory_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _postmaster(stores: Stores) -> int:
    """Return the server's pid: the parent of whoever serves a connection."""
    with connect(stores.database_url) as connection:
        row = connection.execute(b"select pg_backend_pid()").fetchone()
        assert row is not None
        return int(_fields(int(str(row[0])))[1])


def _fields(pid: int) -> list[str]:
    """Return a process' state, parent and what follows."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _postgres(stores: Stores) -> list[int]:
    """Return the server and all its processes."""
    parent = _postmaster(stores)
    found = [parent]
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if int(_fields(int(path.name))[1]) == parent:
                found.append(int(path.name))
    return found


def measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield rates, memory and losses, with servers of their own."""
    number, kills, runs = (2000, 1, 1) if options.quick else (300_000, 5, 5)
    folder = Path(tempfile.mkdtemp(prefix="architect-bench-"))
    folder.chmod(0o711)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with embedded.start(folder / "stores") as stores:
            migrate(stores.database_url)
            spool = folder / "spool"
            yield from _rates(stores, spool, number)
            os.sched_setaffinity(0, cores)
            yield from _disasters(stores, spool, number, kills, runs)
    finally:
        os.sched_setaffinity(0, cores)
        shutil.rmtree(folder, ignore_errors=True)


def _rates(stores: Stores, spool: Path, number: int) -> Iterator[Figure]:
    mine, by_clock = by_us(stores, spool, number)
    few = max(number // 5, 1000)
    references = {
        "COPY of lines made before": by_copy_alone(stores, number),
        "executemany": by_executemany(stores, few),
        "pipeline mode": by_executemany(stores, few, pipeline=True),
    }
    for name, theirs in references.items():
        yield Figure(PART, f"rows of {number:,}, one core for all", mine, "rows/s", name,
                     theirs, f"{GOAL:,}", mine >= GOAL)  # fmt: skip
    yield Figure(PART, "the same by the clock, beside whatever else ran", by_clock, "rows/s",
                 goal=f"{GOAL:,}", met=by_clock >= GOAL)  # fmt: skip


def _disasters(
    stores: Stores, spool: Path, number: int, kills: int, runs: int
) -> Iterator[Figure]:
    grown, lost = stalled(stores, spool, number)
    yield Figure(PART, f"memory while Postgres stands still for {number:,} rows", grown, "MB",
                 goal="under 1,000 MB", met=grown < 1000)  # fmt: skip
    yield Figure(PART, "rows lost by that", lost, "", goal="none", met=lost == 0)
    lost = store_killed(stores, spool, number // 10, kills)
    yield Figure(PART, f"rows lost over {kills} SIGKILLs of Postgres", lost, "",
                 goal="none", met=lost == 0)  # fmt: skip
    worst = writer_killed(stores, spool, runs, 0.5 if kills == 1 else 2)
    yield Figure(PART, f"age of the oldest row lost by SIGKILL of the writer, worst of {runs}",
                 worst, "ms", goal="at most 100 ms", met=worst <= 100)  # fmt: skip


if __name__ == "__main__":
    main(PART, measure)
