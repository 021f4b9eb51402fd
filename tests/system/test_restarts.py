"""Which processes are started again, how soon, and how often."""

from __future__ import annotations

from pathlib import Path

from architect.system.restarts import MOST, WITHIN_S, Restarts
from core.hang import EXIT_CODE


def test_a_gateway_comes_back_ever_later_and_not_for_ever(tmp_path: Path) -> None:
    now = [0.0]
    restarts = Restarts(tmp_path / "note", monotonic=lambda: now[0])
    found = [restarts.due("gateway", -9) for _ in range(MOST + 1)]
    assert found == [0.5, 1.0, 2.0, 4.0, 8.0, None]
    now[0] = WITHIN_S + 1
    assert restarts.due("gateway", 1) == 0.5


def test_each_repair_worker_comes_back_like_a_gateway(tmp_path: Path) -> None:
    restarts = Restarts(tmp_path / "note", monotonic=lambda: 0.0)
    for name in ("wick1", "wick2"):
        found = [restarts.due(name, -9) for _ in range(MOST + 1)]
        assert found == [0.5, 1.0, 2.0, 4.0, 8.0, None]


def test_a_loop_comes_back_only_when_a_module_held_it(tmp_path: Path) -> None:
    now = [0.0]
    restarts = Restarts(tmp_path / "note", monotonic=lambda: now[0])
    assert restarts.due("trader", EXIT_CODE) is None
    (tmp_path / "note").write_text("rsi")
    assert restarts.due("trader", EXIT_CODE + 1) is None
    found = [restarts.due("trader", EXIT_CODE) for _ in range(MOST + 1)]
    assert found == [0.0] * MOST + [None]
    assert restarts.due("paper", EXIT_CODE) is None
    # Five in a year are no fault that comes back again and again.
    now[0] = WITHIN_S + 1
    assert restarts.due("trader", EXIT_CODE) == 0.0
