"""The benchmarks start, and the gate's measures each of its parts on a small scale."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = sorted(Path(__file__).parents[2].joinpath("benchmarks").glob("*.py"))
SMALL = ("round_down", "rsi")


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.name)
def test_a_benchmark_finds_all_that_it_imports(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(path), "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def gate_benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/gate.py, made small: one body of each kind, two modules."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (path,) = (path for path in BENCHMARKS if path.name == "gate.py")
    spec = importlib.util.spec_from_file_location("gate_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    whole = made.shipped()
    small = ([s for s in whole[0] if s.name in SMALL], *whole[1:])
    monkeypatch.setattr(made, "shipped", lambda: small)
    for name in ("WARM_RUNS", "COLD_RUNS", "SHIPPED_RUNS"):
        monkeypatch.setattr(made, name, 1)
    monkeypatch.setattr(made, "CALLS", 3)
    for name in ("ROWS", "HONEST", "MORE_HONEST", "BEYOND"):
        monkeypatch.setattr(made, name, getattr(made, name)[:2])
    monkeypatch.setattr(made, "overruns", lambda sandbox: {"endless": 0.01})
    return made


@pytest.mark.slow
def test_the_gate_s_benchmark_measures_every_part(
    gate_benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "figures.json"
    monkeypatch.setattr(sys, "argv", ["gate.py", "--json", str(where)])
    gate_benchmark.main()
    figures = json.loads(where.read_text())
    assert set(figures) == {"on", "sandbox", *gate_benchmark.PARTS}
    assert figures["hostile bodies"]["accepted"] == 0
    assert figures["honest bodies"]["shipped_refused_by_the_gate"] == []
    assert figures["spec strength"]["modules"] == len(SMALL)
