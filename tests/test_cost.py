"""`architect cost`: what was spent, from ledgers that the budget wrote itself."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from architect.command_line import main
from architect.models.budget import Budget, spend
from architect.models.spending import sums, total

DAY = 86_400
NOON = 1_800_014_400.0  # 2027-01-15 12:00 UTC


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "specs/trading").mkdir(parents=True)
    (tmp_path / "manifest.yaml").write_text("format: 1\nmodules: {}\n")
    for key in ("LLM_BUDGET_RUN_USD", "LLM_BUDGET_DAY_USD"):
        monkeypatch.delenv(key, raising=False)
    return tmp_path


@pytest.fixture
def spent(project: Path) -> Path:
    """Two days: a settled call and one that was cancelled, then one of another job."""
    folder = project / ".architect/spend"
    now = [NOON]
    budget = Budget(folder, Decimal(9), Decimal(9), now=lambda: now[0])
    held = budget.reserve(Decimal("0.5"), "code", "rsi", "code")
    budget.settle(held, Decimal("0.125"))
    budget.reserve(Decimal("0.25"), "code", "ema", "local")
    now[0] += DAY
    held = budget.reserve(Decimal(1), "architect", "ask", "architect")
    budget.settle(held, Decimal("0.75"))
    return folder


def test_spending_adds_up_by_day_job_and_module(spent: Path) -> None:
    charges = spend(spent)
    days = [(s.name, s.calls, s.usd) for s in sums(charges, "day")]
    assert days == [
        ("2027-01-15", 2, Decimal("0.375")),
        ("2027-01-16", 1, Decimal("0.75")),
    ]
    jobs = {s.name: s.usd for s in sums(charges, "job")}
    assert jobs == {"architect": Decimal("0.75"), "code": Decimal("0.375")}
    assert [s.name for s in sums(charges, "module")] == ["ask", "ema", "rsi"]
    assert total("all", charges).open_usd == Decimal("0.25")


def test_the_command_tells_it_as_text_and_as_json(
    spent: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", "--root", str(project)]) == 0
    said = capsys.readouterr().out
    assert "job     architect                           1 calls      0.7500 USD" in said
    assert "0.2500 of it never settled" in said
    assert "10.0000 of 10 USD are left for today" in said
    words = ["cost", "--root", str(project), "--since", "2027-01-16", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["calls"], told["usd"], told["left_today_usd"]) == (1, "0.75", "10")
    assert [row["name"] for row in told["by"]["module"]] == ["ask"]


def test_a_day_that_is_over_its_budget_is_told_as_such(
    spent: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    budget = Budget(spent, Decimal(9), Decimal(9))
    budget.settle(budget.reserve(Decimal(1), "code", "rsi", "code"), Decimal(12))
    assert main(["cost", "--root", str(project)]) == 0
    said = capsys.readouterr().out
    assert "today is 2.0000 USD over its 10: nothing that costs is asked" in said


def test_with_nothing_spent_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", "--root", str(project), "--by", "route"]) == 0
    assert "0 calls" in capsys.readouterr().out
    assert not (project / ".architect").exists()


@pytest.mark.parametrize("day", ["abc", "2026-13-01", "2026-02-30", "2026-11"])
def test_what_is_no_day_is_refused(
    project: Path, day: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", "--since", day, "--root", str(project)]) == 2
    assert capsys.readouterr().err == (
        f"error: argument --since: {day!r} is no day such as 2026-11-01\n"
        "hint: architect cost --help\n"
    )
