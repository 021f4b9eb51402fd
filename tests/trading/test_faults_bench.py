"""The faults benchmark on a few short runs: nothing may be wrong in any of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_few_seeded_runs_end_without_a_problem(tmp_path: Path) -> None:
    out = tmp_path / "faults.json"
    words = ["--runs", "2", "--seed", "101", "--candles", "60", "--json", str(out)]
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/faults.py"), *words],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(out.read_text())
    assert (found["totals"]["runs"], found["totals"]["runs_with_problems"]) == (2, 0)
    assert found["totals"]["kills"]
    assert found["totals"]["seeds"] == "101-102"
    assert len(found["totals"]["problems"]) == 6
    assert not any(found["totals"]["problems"].values())
    assert found["totals"]["faults"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_ended_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    # Short: a socket of a run is in it. All processes of the runs name it.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    words = ["--runs", "9", "--seed", "101", "--workers", "2"]
    with subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks/faults.py"), *words],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        _until(lambda: len([*tmp_path.glob("faults-*/runs/*/trader.log")]) == 2)
        assert _open_in(tmp_path)
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    if number == signal.SIGTERM:
        assert process.returncode == 130
        assert json.loads(out)["runs"] == 0
    _until(lambda: not _open_in(tmp_path))


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _open_in(folder: Path) -> set[int]:
    """Return the processes that hold a file of a run open."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if entry.readlink().is_relative_to(folder):
                found.add(int(entry.parts[2]))
    return found
