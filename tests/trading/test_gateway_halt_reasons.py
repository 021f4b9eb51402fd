"""Every reason to halt is kept, so that nobody resumes what he has not read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from switch_rig import Rig

from core.trading import kill_file


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path, max_age_ms=-1, lag_ms=-1)
    yield found
    found.exchange.close()


def test_a_loss_while_halted_is_one_more_reason_and_told_once(rig: Rig) -> None:
    rig.equity(1000)
    rig.calls["halt"](reason="by hand: lunch")
    for usd in (900, 890):
        rig.equity(usd)
    lost = "the day has cost 100.00 USD, the limit is 100"
    assert rig.halted == f"by hand: lunch; {lost}"
    assert rig.told == ["by hand: lunch", lost]
    rig.start()
    rig.equity(880)
    assert rig.halted == f"by hand: lunch; {lost}", "nor by the next process"


def test_who_resumes_by_the_files_has_the_loss_count_anew(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(900)
    assert rig.halted
    (rig.folder / "day.json").unlink()
    (rig.folder / "halt").unlink()
    rig.equity(890)
    rig.equity(791)
    assert rig.halted is None
    rig.equity(790)
    assert rig.halted


def test_a_loss_halts_again_where_only_the_halt_was_lifted(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(900)
    (rig.folder / "halt").unlink()
    rig.equity(890)
    assert rig.halted == "the day has cost 110.00 USD, the limit is 100"


def test_reasons_are_lines_of_the_file_each_once_and_not_without_end(rig: Rig) -> None:
    (rig.folder / "halt").write_text("touched by an editor\n")
    for reason in ("one\n two", "three", "one two"):
        rig.calls["halt"](reason=reason)
    assert (rig.folder / "halt").read_text().split("\n") == [
        "touched by an editor", "", "one two", "three",
    ]  # fmt: skip
    assert rig.told == ["one two", "three"]
    for number in range(100):
        rig.calls["halt"](reason=f"{number} " + "x" * 400)
    assert (rig.folder / "halt").stat().st_size < 5000
    assert len(rig.told) < 15


class Synced:
    """What a power cut leaves of a folder: the texts of files when they were synced, under
    the names that they had when the folder was.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._texts: dict[int, str] = {}
        self._folder, self._fsync = folder, os.fsync
        self.files: dict[str, str] = {}
        monkeypatch.setattr(os, "fsync", self._sync)

    def _sync(self, descriptor: int) -> None:
        self._fsync(descriptor)
        number = os.fstat(descriptor).st_ino
        if number == self._folder.stat().st_ino:
            inodes = {path.name: path.stat().st_ino for path in self._folder.iterdir()}
            self.files = {name: self._texts.get(i, "") for name, i in inodes.items()}
        else:
            path = Path(f"/proc/self/fd/{descriptor}")
            self._texts[number] = path.read_text()


def test_a_halt_and_what_the_day_began_with_outlive_a_power_cut(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Synced(monkeypatch, rig.folder)
    rig.equity(1000)
    assert '"1000"' in disk.files["day.json"]
    rig.calls["halt"](reason="news")
    assert disk.files["halt"] == "news"
    rig.equity(900)
    assert set(disk.files) == {"day.json", "halt"}
    for name, text in disk.files.items():
        assert text == (rig.folder / name).read_text()


def test_a_halt_holds_where_its_file_cannot_be_synced(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    rig.equity(1000)
    rig.equity(900)
    lost = "the day has cost 100.00 USD, the limit is 100"
    assert (rig.halted, rig.told) == (lost, [lost])
    assert "the halt is not written: [Errno 5]" in capsys.readouterr().err
    with pytest.raises(OSError, match="Input/output"):
        kill_file.write(rig.folder / "other", "news")
