"""What the author of a spec is shown of a refusal, and where."""

from __future__ import annotations

import sys

import pytest

from architect.advice import after_refusal, show_author, tell_problems
from architect.code_generator import Generated
from architect.demo.run import not_standing
from architect.gate.verdict import CounterExample, Verdict
from architect.outcome import Outcome
from core.errors import ArchitectError, ModelError

HELD_BACK = CounterExample({"size": 41}, 42, 43, "a held-back example")
REFUSED = Verdict(accepted=False, stage="contract", private=HELD_BACK)


@pytest.mark.parametrize("on_terminal", [True, False])
def test_a_held_back_example_is_shown_at_a_terminal_alone(
    on_terminal: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: on_terminal)
    show_author(REFUSED)
    out, told = capsys.readouterr()
    assert (out, "size: 41" in told) == ("", on_terminal)
    assert "41" not in REFUSED.as_text() + REFUSED.as_json()
    made = Generated("fee", "", "", REFUSED, None, 1)
    assert ("at a terminal" in after_refusal(made)) == (not on_terminal)


def test_nothing_is_shown_where_no_held_back_example_failed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show_author(Verdict(accepted=False, stage="contract", counter_example=HELD_BACK))
    assert capsys.readouterr() == ("", "")


def test_each_problem_of_a_run_is_told_with_what_helps(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = {name: Generated(name, "", "", REFUSED, None, 1) for name in ("fee", "cost")}
    failed: dict[str, ArchitectError] = {"rsi": ModelError("no answer", hint="wait")}
    outcome = Outcome(refused=made, failed=failed, skipped=["scan"])
    tell_problems(outcome)
    lines = capsys.readouterr().err.splitlines()
    errors = [line.split(":")[1].strip() for line in lines if line.startswith("error")]
    assert errors == ["fee", "cost", "rsi"]
    assert [line.startswith("hint") for line in lines].count(True) == 3
    assert not_standing(outcome) == "4 modules are not built: fee, cost, rsi, scan"
    assert not_standing(Outcome(skipped=["a"])) == "a module is not built: a"
