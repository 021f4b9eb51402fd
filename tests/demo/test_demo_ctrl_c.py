"""Ctrl-C at any point of the demo; in a file of its own, as it takes longest."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from demo_checkout import candles, leftovers, new_root, state
from running_system import Command, alive, descendants, mentioning, wait_for

pytestmark = pytest.mark.slow
POINTS = [
    "starting Postgres and Redis",
    "building every module",
    "starting the paper exchange",
    "trading: ",
    "saving volume_spike",
]


def test_ctrl_c_at_any_point_ends_all_and_the_next_demo_runs(
    reachable_tmp: Path,
) -> None:
    root, chance = new_root(reachable_tmp), random.Random(5)
    temp = root.parent / f"{root.name}-temp"
    temp.mkdir(mode=0o777)
    before = state(root)
    for point in POINTS:
        settings = {"TMPDIR": str(temp)}
        words = ("demo", "--root", str(root), "--ticks", "240")
        with Command(*words, settings=settings) as command:
            command.until(point, 600)
            time.sleep(chance.random() * 0.8)
            below = descendants(command.process.pid)
            started = time.monotonic()
            command.ctrl_c()
            assert command.end() == 130, f"{point}: {command.text}"
            assert time.monotonic() - started < 15, point
        wait_for(lambda gone=below: not alive(gone), 3)  # type: ignore[misc]
        wait_for(lambda: not mentioning(str(root)), 3)
        assert leftovers(root) == [], point
        assert os.listdir(temp) == [], point
        assert "Traceback" not in command.text, command.text
        assert state(root) == before
    folder = candles(root.parent / f"{root.name}-candles", 1100)
    with Command(
        "demo", "--root", str(root), "--ticks", "9999", "--candles", str(folder)
    ) as last:
        code = last.end(600)
    assert code == 0, last.text
    assert "note: the candles end after 500 ticks, not 9999" in last.text
    assert "  500 candles in" in last.text
