"""A real child process: started, awaited, listened to, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from architect.system.child import Child, ChildFailed, Line

HERE = {"PYTHONPATH": str(Path(__file__).parent)}
Maker = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Maker]:
    made: list[Child] = []

    def make(kind: str, on_line: Callable[[Line], None] | None = None) -> Child:
        log = tmp_path / "run" / f"{kind}.log"
        made.append(Child(kind, "talking_child", [kind], log, HERE, on_line))
        return made[-1]

    yield make
    for child in made:
        child.stop(0.1)


def test_its_first_line_of_json_says_that_it_is_ready(start: Maker) -> None:
    child = start("patient")
    line = child.ready()
    assert (line["kind"], line["session"]) == ("ready", True)
    assert child.running
    assert child.exit_code is None


def test_it_gets_no_more_of_our_environment_than_it_needs(
    start: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_API_SECRET", "s3cret")
    names = start("patient").ready()["environment"]
    assert "EXCHANGE_API_SECRET" not in names
    assert {"PATH", "PYTHONPATH"} <= set(names)


def test_it_runs_in_utc_whatever_the_zone_of_the_machine(
    start: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "JST-9")
    assert start("patient").ready()["zone"] == ["UTC", "UTC"]


def test_sets_have_the_order_that_they_had_where_modules_were_judged(
    start: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    code = "print(list({f'text {number}' for number in range(100)}))"
    judged = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "0"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    order = start("patient").ready()["order"]
    assert str(order) == judged.stdout.strip()


def test_one_that_dies_is_told_with_its_last_words(start: Maker) -> None:
    child = start("dies")
    with pytest.raises(
        ChildFailed, match="dies did not start: error: no such exchange"
    ) as caught:
        child.ready()
    assert str(child.log) in str(caught.value.hint)
    assert child.wait(5) == 3


def test_its_last_words_are_none_of_an_earlier_run(
    start: Maker, tmp_path: Path
) -> None:
    log = tmp_path / "run" / "dies.log"
    log.parent.mkdir()
    log.write_text("error: of yesterday\nhint: of yesterday\n")
    with pytest.raises(ChildFailed) as caught:
        start("dies").ready()
    assert "yesterday" not in str(caught.value)
    assert "no such exchange" in str(caught.value)


def test_one_that_says_nothing_is_given_up(start: Maker) -> None:
    with pytest.raises(ChildFailed, match="it said nothing"):
        start("silent").ready(0.5)


def test_every_line_is_heard_and_an_error_of_the_listener_stops_nothing(
    start: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[Any] = []

    def listen(line: Line) -> None:
        heard.append(line["ticks"])
        if line["ticks"] == 3:
            raise ValueError("not mine")

    child = start("chatty", listen)
    child.ready()
    assert child.wait(20) == 0
    assert heard == list(range(20_000))
    assert child.last[-1]["ticks"] == 19_999
    assert "not mine" in capsys.readouterr().err


def test_it_is_asked_to_stop_and_goes(start: Maker) -> None:
    child = start("patient")
    child.ready()
    child.stop()
    assert not child.running
    assert child.exit_code == -15
    child.stop()


@pytest.mark.alone
def test_one_that_does_not_listen_is_made_to_stop(start: Maker) -> None:
    child = start("deaf")
    child.ready()
    started = time.monotonic()
    child.stop(0.3)
    assert child.exit_code == -9
    assert time.monotonic() - started < 3
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_process_that_nobody_could_listen_to_is_ended(
    start: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the machine has no room for a thread more; it is known as it is of a process."""
    begun: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        begun.append(real(*args, **kwargs))
        return begun[-1]

    def no_room(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("architect.system.child.subprocess.Popen", popen)
    monkeypatch.setattr(threading.Thread, "start", no_room)
    with pytest.raises(BlockingIOError, match="start new thread"):
        start("patient")
    assert begun[0].poll() == -signal.SIGKILL
