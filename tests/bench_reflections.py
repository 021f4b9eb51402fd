"""How many reflections a second reach the embedded Postgres, with commit.

Reference in the same run: the server's own share, COPY of lines made beforehand. Pin it
to one core, servers included, with `taskset -c 0`.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from core.reflection_rows import Record, to_rows
from core.reflections import BATCH_ROWS, COPY, ReflectionLog
from core.stores import embedded
from core.stores.migrate import migrate
from core.stores.postgres import connect

ROWS = 500_000


def records(count: int) -> list[Record]:
    """Return records like those of a strategy: a few arguments, a small result."""
    now = time.perf_counter_ns()
    args = {"symbol": "PF_XBTUSD", "price": Decimal("64012.5"), "length": 14}
    return [
        (now + i, "rsi", "3f2a9c71", i, 12_345, "ok", None, args, 51.25)
        for i in range(count)
    ]


def main() -> None:
    """Print both rates and their ratio."""
    folder = Path(tempfile.mkdtemp(prefix="architect-bench-"))
    folder.chmod(0o711)
    try:
        with embedded.start(folder / "stores") as stores:
            migrate(stores.database_url)
            batch = records(ROWS)
            reference = prebuilt(stores.database_url, batch)
            with ReflectionLog(stores.database_url, folder / "spool") as log:
                started = time.perf_counter()
                log.records.extend(batch)
                assert log.flush(120)
                ours = ROWS / (time.perf_counter() - started)
                assert log.counters.written == ROWS
    finally:
        shutil.rmtree(folder)
    print(
        f"reflections: {ours:,.0f} rows/s; COPY of lines made before: {reference:,.0f}"
    )
    print(f"ratio {ours / reference:.2f}")


def prebuilt(database_url: str, batch: list[Record]) -> float:
    """Return the rows a second of bare COPY, committed in the same batches."""
    rows = to_rows(batch)
    with connect(database_url) as connection:
        started = time.perf_counter()
        for first in range(0, len(rows), BATCH_ROWS):
            with connection.transaction(), connection.cursor().copy(COPY) as copy:
                copy.write(b"".join(rows[first : first + BATCH_ROWS]))
        return len(rows) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
