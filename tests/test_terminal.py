"""What a person sees while work goes on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from architect.terminal import Progress

SHOWS = """
from architect.terminal import Progress
with Progress("building", 3) as progress:
    progress("rsi", "building", "")
    progress("rsi", "built", "9 checks\\nmore")
    progress.at(2, "well")
"""


def test_without_a_terminal_every_tenth_of_the_way_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress("trading", 200, unit="candles") as progress:
        for done in range(0, 201, 5):
            progress.at(done, "fine")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "trading: 20 of 200 candles; fine"
    assert lines[-1] == "trading: 200 of 200 candles; fine"
    assert len(lines) == 10


def test_each_module_is_a_line_with_the_first_line_of_its_detail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress("building", 1) as progress:
        progress("rsi", "building", "")
        progress("rsi", "built", "9 checks\nmore")
    captured = capsys.readouterr()
    assert captured.err == "built    rsi: 9 checks\n"
    assert captured.out == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("building", 1, quiet=True) as progress:
        progress("rsi", "built", "9 checks")
        progress.at(1, "done")
        progress.say("x")
    assert capsys.readouterr().err == ""


def test_why_a_module_was_refused_is_told_though_the_run_is_interrupted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted() -> None:
        with Progress("building", 3) as progress:
            progress("rsi", "refused", "the gate refused it\nline 2: no such name")
            progress("ema", "built", "9 checks")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "refused  rsi"
    assert lines[-2:] == ["error: rsi: the gate refused it", "line 2: no such name"]


def test_why_a_module_was_refused_is_left_to_the_end_of_a_run_that_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress("building", 1) as progress:
        progress("rsi", "refused", "the gate refused it")
    assert capsys.readouterr().err == "refused  rsi\n"


def on_terminal(term: str) -> str:
    """Return what a person at a terminal of this kind is sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": term, "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-c", SHOWS], stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
    os.close(ours)
    assert process.returncode == 0
    return said.decode()


def test_a_terminal_shows_a_bar_and_keeps_the_lines_above_it() -> None:
    said = on_terminal("xterm")
    assert "built    rsi: 9 checks" in said
    assert "\x1b[" in said


def test_a_dumb_terminal_gets_plain_lines() -> None:
    said = on_terminal("dumb")
    assert "built    rsi: 9 checks" in said
    assert "\x1b" not in said
