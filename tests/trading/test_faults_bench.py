"""The faults benchmark on a few short runs: nothing may be wrong in any of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def fill(side: str, size: str, price: str, limit: str, client_id: str) -> Any:
    signed = Decimal(size) if side == "buy" else -Decimal(size)
    order = SimpleNamespace(
        symbol="X", client_id=client_id, limit_price=Decimal(limit),
        signed=lambda size: signed,
    )  # fmt: skip
    return SimpleNamespace(order=order, size=Decimal(size), price=Decimal(price))


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What the benchmark's watch says of fills."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from faultlab.watch import Watch

    def watched(*fills: Any) -> list[str]:
        watch = Watch(Decimal("0.03"), Decimal(9027), 400)
        for one in fills:
            watch._note(one, 7)
        return watch.problems

    return watched


def test_slices_of_a_sale_in_a_market_that_rises_are_no_duplicate(
    noted: Callable[..., list[str]],
) -> None:
    """90 coins for 9,000 USD at most, decided at 100: the second slice is sold at 101."""
    sold = [fill("sell", "45", price, "99.7", f"a-{n}") for n, price in
            enumerate(("100", "101"))]  # fmt: skip
    assert noted(*sold) == []
    assert noted(*sold, fill("sell", "45", "101", "99.7", "a-3"))
    bought = [fill("buy", "45", "100.3", "100.3", f"a-{n}") for n in range(2)]
    assert noted(*bought) == []
    (said,) = noted(*bought, fill("buy", "1", "100.3", "100.3", "a-3"))
    assert said == "duplicate order: X of a is 9127.30 USD, at candle 7"


def test_what_another_decision_adds_is_a_duplicate(
    noted: Callable[..., list[str]],
) -> None:
    one, other = (fill("buy", "1", "100", "100", f"{n}-0") for n in "ab")
    (said,) = noted(one, other)
    assert said == "duplicate order: X of a added to by b, at candle 7"


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
    assert "batchorder" in found["totals"]["killed_at"]
    assert found["totals"]["seeds"] == "101-102"
    assert len(found["totals"]["problems"]) == 7
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
