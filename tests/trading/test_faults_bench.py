"""The faults benchmark on a few short runs: nothing may be wrong in any of them."""

from __future__ import annotations

import json
import subprocess
import sys
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
