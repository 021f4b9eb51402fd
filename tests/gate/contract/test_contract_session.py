"""pytest inside pytest, hypothesis inside hypothesis: neither disturbs the other."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.search import Search, sample
from architect.gate.contract.session import run
from core.errors import GateError, SpecError


def _holds() -> None:
    return None


def test_checks_stop_at_the_first_failure() -> None:
    ran: list[str] = []
    checks = [
        Check("a", lambda: ran.append("a")),
        Check("b", lambda: Failure("no")),
        Check("c", lambda: ran.append("c")),
    ]
    session = run(checks)
    assert (session.failure, session.held, ran) == (Failure("no"), 1, ["a"])


def test_error_of_the_gate_rises_and_is_no_failure() -> None:
    def lost() -> None:
        raise GateError("the sandbox is lost")

    with pytest.raises(GateError, match="lost"):
        run([Check("a", lost)])


def test_interrupt_ends_the_session() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([Check("a", interrupted)])


def test_session_leaves_the_process_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemExit('read')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    before = dict(os.environ), list(sys.meta_path), sys.excepthook, os.listdir()
    assert run([Check("a", _holds), Check("b", lambda: Failure("no"))]).held == 1
    assert before == (
        dict(os.environ),
        list(sys.meta_path),
        sys.excepthook,
        os.listdir(),
    )
    assert capfd.readouterr() == ("", "")


def test_search_draws_the_same_whatever_is_loaded(tmp_path: Path) -> None:
    strategy = st.integers(0, 10**9)
    first = sample(strategy, 50, "seed")
    (tmp_path / "late_module.py").write_text("A = 123456789\nB = 987654321\n")
    sys.path.insert(0, str(tmp_path))
    try:
        __import__("late_module")
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("late_module", None)
    assert sample(strategy, 50, "seed") == first
    assert sample(strategy, 50, "another seed") != first


def test_search_writes_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Search(st.text("ab"), lambda v: Failure(v) if len(v) > 1 else None, "s").smallest(
        50
    )
    assert os.listdir(tmp_path) == []


def test_search_finds_the_smallest() -> None:
    def fails(value: list[int]) -> Failure | None:
        return Failure(repr(value)) if sum(value) >= 10 else None

    found = Search(st.lists(st.integers(0, 100)), fails, "s").smallest(100)
    assert found == Failure("[10]")


def test_final_failure_is_not_shrunk() -> None:
    calls: list[int] = []

    def fails(value: int) -> Failure | None:
        calls.append(value)
        return Failure("never ends", final=True) if value > 10 else None

    assert Search(st.integers(0, 100), fails, "s").smallest(100) is not None
    assert sum(value > 10 for value in calls) == 1


def test_failure_that_comes_and_goes_is_a_failure() -> None:
    random = Random(1)

    def fails(value: int) -> Failure | None:
        return Failure(str(value)) if random.random() < 0.3 else None

    assert Search(st.integers(0, 100), fails, "s").smallest(100) is not None


def test_error_of_the_gate_leaves_the_search() -> None:
    def fails(value: int) -> Failure | None:
        raise GateError("lost")

    with pytest.raises(GateError, match="lost"):
        Search(st.integers(), fails, "s").smallest(10)


def test_nothing_to_draw_is_a_fault_of_the_spec() -> None:
    never = st.integers().filter(lambda value: False)
    with pytest.raises(SpecError, match="no drawn input"):
        Search(never, lambda value: None, "s").smallest(10)


@settings(
    max_examples=3,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.nested_given],
)
@given(st.integers(0, 5))
def test_search_runs_inside_hypothesis(limit: int) -> None:
    found = Search(
        st.integers(0, 100), lambda v: Failure(str(v)) if v > limit else None, "s"
    ).smallest(50)
    assert found == Failure(str(limit + 1))
