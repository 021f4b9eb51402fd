"""The demo as a person runs it: from specs to a system that repairs itself, or Ctrl-C."""

from __future__ import annotations

import os
import random
import re
import subprocess
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from running_system import (
    Command,
    alive,
    architect,
    copy_project,
    descendants,
    mentioning,
    wait_for,
)

from core.trading.synthetic import synthetic_candles

pytestmark = pytest.mark.slow
NUMBERS = count(1)
NAMES = {"PF_XBTUSD": "BTC", "PF_ETHUSD": "ETH", "PF_SOLUSD": "SOL"}
POINTS = [
    "starting Postgres and Redis",
    "building every module",
    "starting the paper exchange",
    "trading: ",
    "saving volume_spike",
]


@dataclass(frozen=True)
class Done:
    """A demo that ran to its end, and a second one that was tried meanwhile."""

    root: Path
    code: int
    text: str
    second: subprocess.CompletedProcess[str]
    before: str


def new_root(reachable_tmp: Path) -> Path:
    root = copy_project(reachable_tmp / f"demo{next(NUMBERS)}")
    # What a person has not committed stays as it is.
    (root / "specs" / "notes.txt").write_text("mine\n")
    with (root / "generated/trading/rsi.py").open("a") as module:
        module.write("# mine\n")
    return root


def state(root: Path) -> str:
    """Return all that git and a person see of a checkout."""
    words = ["git", "status", "--porcelain", "--branch"]
    status = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    own = sorted(
        p for p in root.rglob("*") if ".architect" not in p.parts and p.is_file()
    )
    sizes = [
        f"{p} {p.stat().st_size} {p.stat().st_mtime_ns}"
        for p in own
        if ".git" not in p.parts
    ]
    return "\n".join([status.stdout, head.stdout, *sizes])


@pytest.fixture(scope="module")
def done(reachable_tmp: Path) -> Done:
    root = new_root(reachable_tmp)
    before = state(root)
    with Command("demo", "--root", str(root), "--ticks", "240") as command:
        command.until("building every module")
        second = architect("demo", "--root", str(root))
        code = command.end(600)
    return Done(root, code, command.text, second, before)


def test_it_ends_by_itself_and_well(done: Done) -> None:
    assert done.code == 0, done.text
    assert "error:" not in done.text
    assert "architect verify on the scratch project: all agree" in done.text


def test_the_report_says_what_was_built_traded_broken_and_mended(done: Done) -> None:
    report = (done.root / ".architect/demo/report.txt").read_text()
    assert report.strip() in done.text
    specs = len(list((done.root / "specs/trading").glob("*.yaml")))
    assert re.search(rf"  {specs} modules from their specs, [\d,]+ checks by the gate, 0 refused",
                     report)  # fmt: skip
    ticks = re.search(r"  ([\d,]+) candles in [\d.]+ s", report)
    assert ticks is not None
    assert int(ticks[1].replace(",", "")) >= 240
    assert re.search(r"  \d+ trades, \d+ closed", report)
    assert "equity is equal to the cent; 0 drifts" in report
    assert re.search(r"1  open_risk_ceiling: refused in", report)
    assert re.search(r"2  volume_spike: accepted by the gate in", report)
    assert re.search(
        r"3  volume_spike: repaired by .* in [\d.]+ s: RecursionError", report
    )
    for step in (
        "detected",
        "contained",
        "kept",
        "reproduced",
        "chosen",
        "committed",
        "live",
    ):
        assert f"ms  {step}" in report, step
    log = report.partition("$ git log --oneline generated/trading/volume_spike.py")[2]
    words = [line.split()[1] for line in log.splitlines()[1:4]]
    assert words == ["Repair", "Accept", "Build"]


def test_every_line_of_money_agrees_with_the_exchange(done: Done) -> None:
    rows = re.findall(
        r"^  [a-zP&L ]+?\s{2,}(-?[\d,.]+)\s+(-?[\d,.]+)$", done.text, re.MULTILINE
    )
    assert len(rows) == 6
    assert all(ours == theirs for ours, theirs in rows)


def test_the_picture_is_one(done: Done) -> None:
    raw = (done.root / ".architect/demo/equity.png").read_bytes()
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    assert raw[-8:-4] == b"IEND"
    assert len(raw) > 20_000


def test_the_checkout_is_as_it_was(done: Done) -> None:
    assert state(done.root) == done.before
    assert "your uncommitted changes" in done.text


def test_a_second_demo_at_the_same_time_is_told_to_wait(done: Done) -> None:
    assert done.second.returncode == 1
    assert "error: another demo runs in this checkout (process " in done.second.stderr
    assert "hint: wait for it to end" in done.second.stderr


def test_nothing_of_it_is_left_running(done: Done) -> None:
    wait_for(lambda: not mentioning(str(done.root)), 5)
    assert leftovers(done.root) == []


def leftovers(root: Path) -> list[Path]:
    """Return sockets, git's locks, and files of keys."""
    names = ("*.sock", "*.sock.admin", ".s.PGSQL*", "index.lock", "paper-keys.json")
    return [path for name in names for path in root.rglob(name)]


def test_ctrl_c_at_any_point_ends_all_and_the_next_demo_runs(
    reachable_tmp: Path,
) -> None:
    root, chance = new_root(reachable_tmp), random.Random(5)
    temp = root.parent / f"{root.name}-temp"
    temp.mkdir(mode=0o777)
    before = state(root)
    for point in POINTS:
        settings = {"TMPDIR": str(temp)}
        words = ("demo", "--root", str(root), "--ticks", "240")
        with Command(*words, settings=settings) as command:
            command.until(point, 600)
            time.sleep(chance.random() * 0.8)
            below = descendants(command.process.pid)
            started = time.monotonic()
            command.ctrl_c()
            assert command.end() == 130, f"{point}: {command.text}"
            assert time.monotonic() - started < 15, point
        wait_for(lambda gone=below: not alive(gone), 3)  # type: ignore[misc]
        wait_for(lambda: not mentioning(str(root)), 3)
        assert leftovers(root) == [], point
        assert os.listdir(temp) == [], point
        assert "Traceback" not in command.text, command.text
        assert state(root) == before
    folder = candles(root.parent / f"{root.name}-candles", 1100)
    with Command(
        "demo", "--root", str(root), "--ticks", "9999", "--candles", str(folder)
    ) as last:
        code = last.end(600)
    assert code == 0, last.text
    assert "note: the candles end after 500 ticks, not 9999" in last.text
    assert "  500 candles in" in last.text


def candles(folder: Path, rows: int) -> Path:
    """Write a folder of candles as an exchange's export has them."""
    folder.mkdir()
    for symbol, made in synthetic_candles(11, rows).items():
        lines = ["timestamp,open,high,low,close,volume"]
        columns = (
            made.time_ms,
            made.open,
            made.high,
            made.low,
            made.close,
            made.volume,
        )
        for row in zip(*(column.tolist() for column in columns), strict=True):
            lines.append(",".join(map(str, row)))
        (folder / f"{NAMES[symbol]}USDT_5m.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_candles_that_cannot_be_played_are_refused_before_anything_starts(
    reachable_tmp: Path,
) -> None:
    root = new_root(reachable_tmp)
    short = candles(root.parent / f"{root.name}-short", 650)
    for given, words in [
        (short, "650 candles, and the first 600 only fill the window"),
        (root / "specs", "no candles in"),
    ]:
        refused = architect("demo", "--root", str(root), "--candles", str(given))
        assert refused.returncode == 1
        assert words in refused.stderr
        assert "hint:" in refused.stderr
    missing = architect("demo", "--root", str(root), "--candles", str(root / "nowhere"))
    assert missing.returncode == 2
    assert not (root / ".architect").exists()


def test_stores_with_data_of_another_system_are_refused(
    reachable_tmp: Path, fresh_stores: object
) -> None:
    import psycopg

    root = new_root(reachable_tmp)
    url = fresh_stores.database_url  # type: ignore[attr-defined]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("insert into trading_data.equity values (1, 2, 3, 4, 5)")
        urls = {"DATABASE_URL": url, "REDIS_URL": fresh_stores.redis_url}  # type: ignore[attr-defined]
        refused = architect("demo", "--root", str(root), **urls)
        assert refused.returncode == 1
        assert "hold data of another system" in refused.stderr
        assert connection.execute(
            "select count(*) from trading_data.equity"
        ).fetchone() == (1,)
