"""Each benchmark runs and gives figures; with --quick they are small and say nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"


def figures(name: str, folder: Path) -> list[dict[str, Any]]:
    """Run a benchmark quickly; return its figures."""
    out = folder / f"{name}.json"
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--quick", "--json"]
    done = subprocess.run(
        [*command, str(out)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, Any]] = json.loads(out.read_text())
    for row in found:
        assert f"| {row['what']} |" in done.stdout
    return found


def test_the_wrapper_beside_what_is_installed_here(tmp_path: Path) -> None:
    found = figures("wrapper", tmp_path)
    assert "pydantic validate_call" in {row["reference"] for row in found}
    assert all(row["ours"] > 0 and row["theirs"] > 0 for row in found)


def test_the_registry_loses_and_tears_nothing(tmp_path: Path) -> None:
    found = {
        row["what"].partition(": ")[2]: row for row in figures("registry", tmp_path)
    }
    for what in ("lost", "torn", "ticks with two versions"):
        assert found[what]["ours"] == 0


@pytest.mark.slow
def test_the_backtests(tmp_path: Path) -> None:
    loop, modules, simple, memory = figures("backtest", tmp_path)
    assert loop["ours"] > loop["theirs"] > 0
    assert modules["theirs"] > modules["ours"] == loop["ours"]
    assert simple["ours"] > 0
    assert memory["unit"] == "MB"


@pytest.mark.slow
def test_reflections_lose_nothing_in_any_disaster(tmp_path: Path) -> None:
    found = figures("reflections", tmp_path)
    lost = [row["ours"] for row in found if row["what"].startswith("rows lost")]
    assert lost == [0, 0]
    assert {row["reference"] for row in found} > {"executemany", "pipeline mode"}


@pytest.mark.slow
def test_building(tmp_path: Path) -> None:
    assert all(row["ours"] > 0 for row in figures("build", tmp_path))


def test_the_report_holds_what_was_measured_and_what_failed(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\n"
        "import json, run\n"
        "from figures import Figure\n"
        "rows = [Figure('wrapper', 'a call', 2.0, 'ns', 'theirs', 4.0, 'under 3 ns', True)]\n"
        "from pathlib import Path\n"
        f"run.draw(rows, Path({str(tmp_path / 'a.png')!r}))\n"
        "failed, told = {'gate': 'did not end well: 1'}, {'wick': 'mended 3'}\n"
        "print(run.report(rows, failed, told, {'wick': 3.0}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "| a call | 2 ns | theirs | 4 ns | 0.5 | under 3 ns: met |" in done.stdout
    assert "did not end well: 1" in done.stdout
    assert "mended 3" in done.stdout
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_every_fault_that_may_be_planted_is_a_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name cut short may be a keyword."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from seeded.faults import KINDS, faults

    body = "returns = x - 1\nreturn abs(returns) if returns else x"
    for kind in KINDS:
        for fault in faults("m", body, kind, Random(1)):
            assert ast.parse(fault.body) is not None
