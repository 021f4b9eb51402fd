"""Ctrl-C, SIGTERM and a second run while a build is under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pipeline_cli import architect, command
from pipeline_project import Bench, assert_whole, record_answers

from architect.lock import build_lock
from architect.uninterrupted import uninterrupted
from core.manifest import read_manifest


@contextmanager
def building(bench: Bench) -> Iterator[subprocess.Popen[str]]:
    """A build in a process of its own, handed over when its first module is there."""
    with subprocess.Popen(
        command("generate"), cwd=bench.project.root, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("built"):
                break
        yield process


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
@pytest.mark.parametrize("group", [False, True])
def test_a_stopped_build_has_committed_what_was_accepted(
    bench: Bench, number: signal.Signals, code: int, group: bool
) -> None:
    record_answers(bench.project)
    with building(bench) as process:
        (os.killpg if group else os.kill)(process.pid, number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "what was accepted is committed" in said
    assert "Traceback" not in said
    assert not bench.project.journal.exists()
    done = read_manifest(bench.project.manifest).modules
    assert 1 <= len(done) < 8
    outcome = bench.generate()
    assert sorted(outcome.fresh) == sorted(done)
    assert_whole(bench.project)


def test_a_second_build_is_refused_while_one_runs(bench: Bench) -> None:
    with build_lock(bench.project):
        done = architect(bench.project.root, "generate")
    assert done.returncode == 1
    assert f"error: another run (process {os.getpid()}) is building" in done.stderr
    assert "hint: wait for it to end" in done.stderr


def test_a_signal_waits_until_the_stretch_has_ended() -> None:
    done = []

    def stretch() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("inside")

    with pytest.raises(KeyboardInterrupt):
        stretch()
    assert done == ["inside"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_outside_the_main_thread_nothing_is_held_back() -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with uninterrupted():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []


def test_the_code_is_130_wherever_ctrl_c_strikes(tmp_path: Path) -> None:
    """In code that is made from a text Python itself would end by the signal, with -2."""
    (tmp_path / "sitecustomize.py").write_text(
        "import architect.command_line as commands\n"
        "commands._run = lambda words: exec('raise KeyboardInterrupt')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "architect", "status"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "interrupted" in done.stderr) == (130, True)
