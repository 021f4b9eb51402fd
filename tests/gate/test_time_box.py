"""A claim that a hostile result makes endless is ended, and nothing else is."""

from __future__ import annotations

import threading
import time

import pytest

from architect.gate.expressions import holds
from architect.gate.time_box import Overdue, TimeBox


def _spin(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.mark.alone
def test_what_runs_too_long_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(Overdue), TimeBox(0.1):
        _spin(5)
    assert time.monotonic() - started < 2


def test_it_arrives_nowhere_else() -> None:
    for tenths in (0.8, 0.9, 1.0, 1.1, 1.2):
        try:
            with TimeBox(0.1):
                _spin(tenths / 10)
        except Overdue:
            pass
        _spin(0.01)


def test_waiting_does_not_count() -> None:
    with TimeBox(0.05):
        threading.Event().wait(0.3)


def test_a_box_in_a_box_is_the_outer_one() -> None:
    with pytest.raises(Overdue), TimeBox(0.1), TimeBox(9):
        _spin(5)


def test_each_thread_has_its_own() -> None:
    ended: list[str] = []

    def run() -> None:
        try:
            with TimeBox(0.1):
                _spin(5)
        except Overdue:
            ended.append("other")

    thread = threading.Thread(target=run)
    thread.start()
    with TimeBox(30):
        while thread.is_alive():
            _spin(0.01)
    assert ended == ["other"]


def test_a_claim_that_is_not_decided_is_overdue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TimeBox.__init__, "__defaults__", (0.1,))
    many = list(range(40_000))
    with pytest.raises(Overdue):
        holds("all(a in result for a in result)", {"result": many})
    assert holds("1 in result", {"result": many}) == (True, "")
