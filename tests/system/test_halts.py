"""A halt and its end are told once, whoever threw the switch, also over a restart."""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from listener import Listener

from architect.command_line import main
from architect.system.api_end import ENDS
from architect.system.api_end import halt as throw_at_end
from architect.system.halts import Halts
from architect.system.told import Told
from core.trading import kill_file
from core.trading.gateway.kill_switch import KillSwitch


class Watching:
    """A running system's look at the switch, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.switch, self.file = folder / "halt", folder / "told.json"
        self.person, self.said = Listener(), list[str]()
        self.start()

    def start(self) -> None:
        told = Told(self.file)
        self.halts = Halts(self.switch, self.person, told, self.said.append)
        self.halts.begin()

    def look(self) -> list[tuple[str, str]]:
        """Let some time pass; return what was told in it."""
        for _ in range(4):
            self.halts.look()
        heard, self.person.heard = self.person.heard, []
        return heard


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


RESUMED = ("resume", "resumed, new entries are allowed; it was halted for: news")


def test_a_halt_and_its_end_are_each_told_and_said_once(watching: Watching) -> None:
    assert watching.look() == []
    KillSwitch(watching.switch).halt("news")
    assert watching.look() == [("halt", "halt: news")]
    assert watching.look() == []
    watching.switch.unlink()
    assert watching.look() == [RESUMED]
    assert watching.said == [
        "HALTED: news; exits and stops still pass",
        "resumed; it was halted for: news",
    ]


def test_a_file_that_was_touched_is_a_halt(watching: Watching) -> None:
    watching.switch.touch()
    assert watching.look() == [("halt", "halt: no reason given")]


def test_the_end_of_the_exchanges_api_is_a_halt_like_any_other(
    watching: Watching,
) -> None:
    last = ENDS - timedelta(days=1)
    heard = []
    for _ in range(2):
        throw_at_end("https://futures.kraken.com", last, watching.switch)
        heard += watching.look()
    ((kind, text),), (said,) = heard, watching.said
    assert (kind, text[:24]) == ("halt", "halt: Kraken ends the AP")
    assert said.startswith("HALTED: Kraken ends the API")


def test_the_reason_may_be_written_a_moment_after_the_file_is_there(
    watching: Watching,
) -> None:
    watching.switch.touch()
    watching.halts.look()
    watching.switch.write_text("news")
    assert watching.look() == [("halt", "halt: news")]


def test_what_comes_in_the_last_moment_is_told(watching: Watching) -> None:
    kill_file.write(watching.switch, "news")
    watching.halts.end()
    assert watching.person.heard == [("halt", "halt: news")]


def test_over_a_restart_nothing_is_told_twice_and_nothing_is_missed(
    watching: Watching,
) -> None:
    kill_file.write(watching.switch, "news")
    watching.start()  # thrown while nothing ran
    assert watching.look() == [("halt", "halt: news")]
    watching.start()
    assert watching.look() == []
    assert watching.said == 2 * ["HALTED: news; architect resume allows new entries"]
    watching.switch.unlink()
    watching.start()  # ended while nothing ran
    assert watching.look() == [RESUMED]
    watching.start()
    assert watching.look() == []


def test_a_halt_that_nobody_has_taken_is_told_at_the_next_start(
    watching: Watching,
) -> None:
    watching.person.reached = False
    kill_file.write(watching.switch, "news")
    assert watching.look() == [("halt", "halt: news")]
    watching.person.reached = True
    watching.start()
    assert watching.look() == [("halt", "halt: news")]


def test_a_slow_way_does_not_bring_back_what_is_over(watching: Watching) -> None:
    """Its halt is taken after the faster one's end."""
    halts = watching.halts
    halts._taken(2, None)
    halts._taken(1, "news")
    assert Told(watching.file).halt is None


@pytest.mark.parametrize("text", ["", "[]", '{"days": 3, "halt": null}', "\x00"])
def test_a_memory_that_cannot_be_read_remembers_nothing(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "told.json"
    file.write_text(text)
    told = Told(file)
    assert (told.halt, told.day("live 7")) == (None, 0)
    told.note_day("live 7", 3)
    told.note_day("live 7", 2)
    assert json.loads(file.read_text()) == {"days": {"live 7": 3}, "halt": None}
    file.unlink()
    file.mkdir()
    told.note_halt("news")
    assert "may be told again" in capsys.readouterr().err


def project(folder: Path) -> Path:
    (folder / "manifest.yaml").write_text("modules: {}\n")
    (folder / "specs").mkdir()
    return folder


def test_the_commands_throw_the_switch_and_take_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(project(tmp_path))
    switch = tmp_path / ".architect/gateway/halt"
    day = switch.with_name("day.json")
    assert main(["halt", "--root", root, "--why", "news at 14:00"]) == 0
    assert switch.read_text() == "news at 14:00"
    assert stat.S_IMODE(switch.stat().st_mode) == 0o600
    assert stat.S_IMODE(switch.parent.stat().st_mode) == 0o700
    assert "halted: news at 14:00\n" in capsys.readouterr().err
    assert main(["halt", "--root", root]) == 0
    assert "halted: news at 14:00; by hand\n" in capsys.readouterr().err
    assert switch.read_text() == "news at 14:00\nby hand"
    day.write_text("{}")
    assert main(["resume", "--root", root]) == 0
    assert (
        capsys.readouterr().err
        == "resumed; it was halted for: news at 14:00; by hand\n"
    )
    assert not switch.exists()
    assert not day.exists(), "the day's loss is counted anew"
    assert main(["resume", "--root", root]) == 0
    assert capsys.readouterr().err == "it was not halted\n"
    assert main(["halt", "--root", root]) == 0
    assert kill_file.read(switch) == "by hand"


def test_whoever_may_not_halt_is_told_who_may_and_what_else_stops_entries(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, folder = str(project(tmp_path)), tmp_path / ".architect/gateway"
    folder.parent.mkdir()
    folder.touch()  # for root there is no folder without the right to write
    assert main(["halt", "--root", root]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error == f"error: NOT halted: {folder}/halt cannot be written: File exists"
    assert hint.startswith(f"hint: make it possible to write in {folder}; or end")
    assert "Ctrl-C" in hint
    monkeypatch.setattr("os.geteuid", lambda: -1)
    owner = pwd.getpwuid(os.getuid()).pw_name
    for command in ("halt", "resume"):
        assert main([command, "--root", root]) == 1
        error, hint = capsys.readouterr().err.splitlines()
        assert hint.startswith(f"hint: run it as {owner}, who owns {folder}")
    assert error.startswith(f"error: not resumed: {folder}/halt cannot be taken away")


def test_a_halt_whose_reason_has_no_room_is_a_halt(tmp_path: Path) -> None:
    root = str(project(tmp_path))
    halt = f"{sys.executable} -m architect halt --root {root}"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 0; {halt}"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("halted: no reason given\n")
    assert "the reason is not kept: File too large" in done.stderr
    assert (tmp_path / ".architect/gateway/halt").exists()


def test_one_that_is_not_written_is_told_also_where_nobody_reads_what_is_said(
    tmp_path: Path,
) -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError("the reader is gone")

    person = Listener()
    halts = Halts(tmp_path / "halt", person, Told(tmp_path / "told.json"), gone)
    with pytest.raises(BrokenPipeError):
        halts.heard("the day's loss")
    told = "halt: the day's loss; it cannot be written, so it ends with the gateway"
    assert person.heard == [("halt", told)]
