"""A full disk, for real: entries halt and say why, exits go on, and nothing is lost.

Postgres, its log and the spool of reflections are on a file system that is filled to the
last byte while the whole loop trades, and emptied again.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trader_rig import Rig

from core.reflections import ReflectionLog
from core.stores import embedded
from core.stores.embedded import Stores
from core.stores.inventory import count
from core.stores.migrate import migrate
from core.stores.postgres import connect
from core.trading.kept_store import KeptStore
from core.trading.store import PostgresStore
from core.trading.trader.loop import TradingLoop
from core.wrapper import hooks

SIZE_MB = 192  # Postgres' first files, two segments of its log, and room for a while
CONFIG: dict[str, Any] = {"max_hold_ms": 1_800_000}
MONEY = ("balance_usd", "floating_usd", "equity_usd", "exchange_equity_usd")


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of its own, where the stores' user can reach it."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = Path(tempfile.mkdtemp(prefix="architect-test-"))
    options = f"size={SIZE_MB}m,mode=711"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    folder.chmod(0o711)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def stores(disk: Path) -> Iterator[Stores]:
    with embedded.start(disk / "stores") as found:
        migrate(found.database_url)
        assert list(disk.glob("stores/postgres/base")), "they are elsewhere"
        yield found


def fill(disk: Path) -> Path:
    """Fill the disk to the last byte; return what fills it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536):
                pass
        except OSError:
            return ballast
    raise AssertionError("the disk has no end")


def entries(rig: Rig) -> list[str]:
    return [detail["trade_id"] for kind, detail in rig.told if kind == "entry"]


def step_until(rig: Rig, loop: TradingLoop, found: Callable[[], object]) -> None:
    for _ in range(150):
        if found():
            return
        loop.tick(rig.paper.step())
    raise AssertionError("it did not happen in time")


def use_up_what_postgres_has(store: KeptStore, log: ReflectionLog) -> None:
    """Write until pages that Postgres took before the disk was full are full as well."""
    record = (time.perf_counter_ns(), "rsi", "v1", 0, 9, "ok", None, None, "x" * 900)
    for number in range(10_000):
        if store.stop_reason() and log.stop_reason():
            return
        if not store.stop_reason():
            money = dict.fromkeys(MONEY, Decimal(1))
            store.insert("equity", {"time_ms": number, **money})
        if number % 50 == 0 and not log.stop_reason():
            for _ in range(2000):
                hooks.append(record)
            log.flush(0.2)
    raise AssertionError("a full disk was not noticed")


def keys(rows: list[dict[str, Any]], key: str) -> list[str]:
    return sorted(str(row[key]) for row in rows)


@pytest.mark.slow
def test_entries_halt_exits_go_on_and_nothing_is_lost(
    disk: Path, stores: Stores, tmp_path: Path
) -> None:
    appended = 0

    def append(record: Any) -> None:
        nonlocal appended
        appended += 1
        log.append(record)

    with (
        Rig(tmp_path, stores) as rig,
        ReflectionLog(stores.database_url, disk / "spool") as log,
    ):
        hooks.append = append
        store = KeptStore(rig.store, rig.tell)
        rig.store = store  # type: ignore[assignment]
        loop = rig.loop(**CONFIG)
        loop.stop_reason = lambda: store.stop_reason() or log.stop_reason()
        step_until(rig, loop, lambda: entries(rig))
        ballast = fill(disk)
        use_up_what_postgres_has(store, log)
        assert "No space left on device" in store.stop_reason()
        assert "the spool is full" in log.stop_reason()
        before = entries(rig)
        step_until(rig, loop, lambda: not loop.trades)  # exits go on
        for _ in range(20):
            loop.tick(rig.paper.step())
        assert entries(rig) == before
        (stop,) = [detail for kind, detail in rig.told if kind == "entries stopped"]
        assert "the books are not written" in stop["reason"]
        ballast.unlink()
        wait_until(lambda: not loop.stop_reason())
        step_until(rig, loop, lambda: len(entries(rig)) > len(before))
        assert "entries go on" in rig.kinds()
        hooks.reset()
        loop.finish(rig.paper.step())
        assert log.flush(30)
        assert (log.counters.dropped, store.close()) == (0, 0)
        with connect(stores.database_url) as connection:
            assert count(connection, "system_logs.reflections") == appended
        assert_books_are_whole(rig, stores)


def assert_books_are_whole(rig: Rig, stores: Stores) -> None:
    """Compare every row of the books with what the exchange says."""
    written = PostgresStore(stores.database_url)
    fills = rig.exchange.fills(0)
    assert keys(written.rows("fills", 0), "fill_id") == sorted(f.fill_id for f in fills)
    ledger = [str(entry.entry_id) for entry in rig.exchange.ledger(0)]
    assert keys(written.rows("ledger", 0), "entry_id") == sorted(ledger)
    placed = {fill.client_id for fill in fills if "-entry-" in fill.client_id}
    assert placed <= set(keys(written.rows("orders", 0), "client_id"))
    trades = written.rows("trades", 0)
    assert keys(trades, "trade_id") == sorted(entries(rig))
    written.close()


def wait_until(found: Callable[[], object], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not found():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
