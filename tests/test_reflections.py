"""Reflections reach Postgres once each, whatever happens to Postgres meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core import reflections
from core.reflection_rows import Record
from core.reflections import ReflectionLog
from core.spool import Spool
from core.stores import embedded, places
from core.stores.embedded import Stores
from core.stores.inventory import count
from core.stores.migrate import migrate
from core.stores.postgres import connect

TABLE = "system_logs.reflections"
NOWHERE = "postgresql://architect@/postgres?host=/nonexistent"
ROOT = Path(reflections.__file__).parents[1]


def record(tick: int, args: object = None, error: str | None = None) -> Record:
    """Return one record, of now."""
    return (time.perf_counter_ns(), "rsi", "v1", tick, 1500, "ok", error, args, 51.5)


def rows(stores: Stores) -> int:
    """Return how many reflections are in the store."""
    with connect(stores.database_url) as connection:
        return count(connection, TABLE)


def ticks(database_url: str) -> list[int]:
    """Return the ticks of all reflections, in order."""
    with connect(database_url) as connection:
        found = connection.execute(f"select tick from {TABLE} order by tick".encode())
        return [int(str(tick)) for (tick,) in found]


def test_a_record_becomes_a_row(fresh_stores: Stores, tmp_path: Path) -> None:
    error = 'tab\there, line\nthere, a back\\slash, "quotes", nul\0 and \ud800'
    before = time.time_ns() // 1_000_000
    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        log.append(record(7, {"price": Decimal("1.50"), "path": "a\\b\n"}, error))
        assert log.flush()
    with connect(fresh_stores.database_url) as connection:
        found = connection.execute(
            f"select time_ms, module, version, tick, duration_us, outcome, error, args,"
            f" result from {TABLE}".encode()
        ).fetchone()
    shown = error.replace("\0", "\ufffd").replace("\ud800", "?")
    args = {"price": "1.50", "path": "a\\b\n"}
    assert found is not None
    assert before - 1 <= int(str(found[0])) <= time.time_ns() // 1_000_000 + 1
    assert found[1:] == ("rsi", "v1", 7, 1.5, "ok", shown, args, 51.5)


def test_append_is_a_deques_own() -> None:
    """The wrapper pays for an append and nothing else."""
    assert "append" in reflections.ReflectionLog.__init__.__code__.co_names
    assert not hasattr(ReflectionLog, "append")


def test_all_records_of_many_threads_arrive(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    def work(first: int) -> None:
        for tick in range(first, first + 5000):
            log.append(record(tick))

    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        threads = [threading.Thread(target=work, args=(n * 5000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert log.flush(30)
        assert log.counters.written == 20_000
    assert ticks(fresh_stores.database_url) == list(range(20_000))


def test_close_writes_what_is_queued(fresh_stores: Stores, tmp_path: Path) -> None:
    log = ReflectionLog(fresh_stores.database_url, tmp_path)
    log.records.extend(map(record, range(100)))
    assert log.close()
    assert log.close()
    assert rows(fresh_stores) == 100
    assert not list(tmp_path.iterdir())


def test_records_wait_on_disk_for_the_next_process(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    troubles: list[str] = []
    log = ReflectionLog(NOWHERE, tmp_path, on_trouble=troubles.append)
    log.records.extend(map(record, range(25_000)))
    assert not log.flush(0.5)
    assert not log.close()
    assert log.counters.spooled == 25_000
    assert len(troubles) == 1
    with ReflectionLog(fresh_stores.database_url, tmp_path) as after:
        assert after.flush()
    assert ticks(fresh_stores.database_url) == list(range(25_000))


def test_a_live_writers_spool_is_not_taken(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    with ReflectionLog(NOWHERE, tmp_path) as one:
        one.append(record(1))
        assert not one.flush(0.5)
        with ReflectionLog(fresh_stores.database_url, tmp_path) as two:
            assert two.flush()
        assert rows(fresh_stores) == 0


def test_the_bound_of_the_spool_is_kept_and_told(tmp_path: Path) -> None:
    troubles: list[str] = []
    with ReflectionLog(
        NOWHERE, tmp_path, on_trouble=troubles.append, max_spool_bytes=100_000
    ) as log:
        log.records.extend(map(record, range(30_000)))
        log.flush(1.0)
        assert log.counters.dropped == 0
        assert log.counters.spooled < 30_000
        assert "wait in memory: the spool is full" in troubles[-1]
        assert "the spool is full" in log.stop_reason()
    assert log.counters.dropped + log.counters.spooled == 30_000
    assert "are lost: this process ends" in troubles[-1]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for nothing more, for real."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_says_stop_until_records_are_kept_again(
    fresh_stores: Stores, full_disk: Path
) -> None:
    """Postgres is away and nothing fits on the disk any more."""
    with ReflectionLog(NOWHERE, full_disk) as log:
        ballast = full_disk / "ballast"
        free = os.statvfs(full_disk).f_bavail * os.statvfs(full_disk).f_frsize
        ballast.write_bytes(b"x" * (free - 8192))
        log.append(record(0))
        assert not log.flush(0.5)
        assert (log.counters.spooled, log.stop_reason()) == (1, "")
        log.records.extend(map(record, range(1, 5000)))
        log.flush(0.5)
        assert "the spool is full" in log.stop_reason()
        log._database_url = fresh_stores.database_url
        log.append(record(5000))
        assert log.flush(5)
        assert (log.counters.dropped, log.stop_reason()) == (0, "")
    assert ticks(fresh_stores.database_url) == list(range(5001))


def test_the_oldest_are_dropped_only_at_the_bound_of_memory(
    fresh_stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflections, "MAX_QUEUED", 20_000)
    with ReflectionLog(NOWHERE, tmp_path, max_spool_bytes=1000) as log:
        log.append(record(0))
        assert not log.flush(0.3)
        log.records.extend(map(record, range(1, 50_001)))
        assert not log.flush(1.0)
        assert log.counters.dropped > 0
        log._database_url = fresh_stores.database_url
        log.flush(10)
        dropped = log.counters.dropped
    found = ticks(fresh_stores.database_url)
    assert len(found) == 50_001 - dropped >= 20_000
    assert found[-20_000:] == list(range(30_001, 50_001))


def test_a_batch_of_unknown_fate_is_not_written_twice(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    """As when Postgres dies between its commit and its answer."""
    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        log.append(record(1))
        assert log.flush()
        writer, number = log._spool.writer, log._number
    spool = Spool(tmp_path)
    payload = b"1\trsi\tv1\t1\t1.5\tok\t\\N\t\\N\t\\N\n"
    (tmp_path / str(writer)).mkdir()
    for again in (number, number + 1):
        (tmp_path / str(writer) / f"{again:012d}-1.copy").write_bytes(payload)
    spool.close()
    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        assert log.flush()
    assert rows(fresh_stores) == 2


def test_a_row_that_postgres_refuses_costs_only_itself(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    troubles: list[str] = []
    with ReflectionLog(
        fresh_stores.database_url, tmp_path, on_trouble=troubles.append
    ) as log:
        log.records.extend(map(record, range(50)))
        log.append(record(1 << 70))
        log.records.extend(map(record, range(50, 100)))
        log.flush()
        assert log.counters.dropped == 1
    assert ticks(fresh_stores.database_url) == list(range(100))
    assert "refuses" in troubles[0]


def test_what_is_no_record_costs_only_itself(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    broken: Any = (1, "rsi", None)
    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        for item in (record(0), broken, record(1)):
            log.append(item)
        log.flush()
        assert log.counters.dropped == 1
    assert ticks(fresh_stores.database_url) == [0, 1]


def test_a_spool_file_that_vanished_does_not_block_the_rest(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    with ReflectionLog(NOWHERE, tmp_path) as log:
        for tick in range(2):
            log.append(record(tick))
            assert not log.flush(0.3)
    first, _ = sorted(tmp_path.glob("*/*.copy"))
    with ReflectionLog(NOWHERE, tmp_path) as again:
        first.unlink()
        again._database_url = fresh_stores.database_url
        again.flush()
    assert ticks(fresh_stores.database_url) == [1]


def test_kill_9_of_postgres_loses_and_repeats_nothing(
    reachable_tmp: Path, tmp_path: Path
) -> None:
    data_dir = reachable_tmp / "killed"
    try:
        with embedded.start(data_dir) as stores:
            migrate(stores.database_url)
            with ReflectionLog(stores.database_url, tmp_path) as log:
                feed_while_killing(log, stores)
                assert log.flush(60)
                assert log.counters.dropped == 0
            assert ticks(stores.database_url) == list(range(100_000))
    finally:
        places.remove(data_dir)


def feed_while_killing(log: ReflectionLog, stores: Stores) -> None:
    """Append 100,000 records; kill the server and backends in the midst of it."""
    for tick in range(100_000):
        log.append(record(tick))
        if tick % 1000 == 0:
            time.sleep(0.005)
        if tick == 30_000:
            os.kill(stores.pids["postgres"], signal.SIGKILL)
        if tick == 80_000:
            kill_a_backend(stores)


def kill_a_backend(stores: Stores) -> None:
    """Kill one server process with SIGKILL, which makes Postgres recover as a whole."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with connect(stores.database_url) as connection:
                query = (
                    "select pid from pg_stat_activity where backend_type = 'walwriter'"
                )
                found = connection.execute(query).fetchone()
        except Exception:  # still in recovery from the first kill
            time.sleep(0.05)
            continue
        if found:
            os.kill(int(str(found[0])), signal.SIGKILL)
            return
    raise AssertionError("Postgres did not come back")


WRITER = """
import sys, time
from pathlib import Path
from core.reflections import ReflectionLog
log = ReflectionLog(sys.argv[1], Path(sys.argv[2]))
for tick in range(20_000):
    log.append((tick * 10**6, "rsi", "v1", tick, 1500, "ok", None, None, None))
log.flush(0.5)
print("appended", flush=True)
time.sleep(60)
"""


def test_what_is_on_disk_survives_kill_9_of_the_writer(
    fresh_stores: Stores, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, NOWHERE, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"appended\n"
        process.kill()
    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        assert log.flush(30)
    assert ticks(fresh_stores.database_url) == list(range(20_000))


@pytest.mark.alone
@pytest.mark.slow
def test_records_become_rows_at_a_good_part_of_what_copy_does(
    fresh_stores: Stores, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred thousand a second is the design's figure (`make bench`). Half of what COPY
    does alone with the lines made before was seen on fast machines and on slow ones."""
    batch = [record(tick, {"symbol": "PF_XBTUSD", "n": 14}) for tick in range(300_000)]
    with ReflectionLog(fresh_stores.database_url, tmp_path) as log:
        begun = time.perf_counter()
        log.records.extend(batch)
        assert log.flush(60)
        rate = len(batch) / (time.perf_counter() - begun)
    alone = len(batch) / seconds_of_copy(fresh_stores.database_url)
    with capsys.disabled():
        print(json.dumps({"reflections_per_s": round(rate), "copy": round(alone)}))
    assert rate > alone / 5


def seconds_of_copy(database_url: str) -> float:
    """Copy all reflections into a table of the same form; return how long that took."""
    with connect(database_url) as connection:
        with connection.cursor().copy(
            f"copy (table {TABLE}) to stdout".encode()
        ) as copy:
            lines = b"".join(map(bytes, copy))
        connection.execute(f"create table again (like {TABLE} including all)".encode())
        begun = time.perf_counter()
        with connection.cursor().copy(b"copy again from stdin") as copy:
            copy.write(lines)
        connection.commit()
        return time.perf_counter() - begun
