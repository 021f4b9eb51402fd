"""The demo as a person runs it: from specs to a system that repairs itself, and what it refuses."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo_checkout import candles, leftovers, new_root, state
from running_system import Command, architect, mentioning, wait_for

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Done:
    """A demo that ran to its end, and a second one that was tried meanwhile."""

    root: Path
    code: int
    text: str
    second: subprocess.CompletedProcess[str]
    before: str


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
