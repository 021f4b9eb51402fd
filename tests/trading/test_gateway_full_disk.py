"""A disk that takes no new file keeps nothing from halting.

The folder that is missing stands for it: whatever is written there fails.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from switch_rig import Rig

from core.errors import GatewayRefused
from core.trading import kill_file

LOST = "the day has cost 100.00 USD, the limit is 100"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path / "state", max_age_ms=-1, lag_ms=-1)
    yield found
    found.exchange.close()


def test_a_halt_holds_until_it_is_written_and_then_until_its_file_goes(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    for reason in ("drift", "drift", "news"):
        rig.calls["halt"](reason=reason)
    assert rig.told == ["drift", "news"]
    assert "the halt is not written" in capsys.readouterr().err
    with pytest.raises(GatewayRefused, match=r"halted .drift; news"):
        rig.place()
    rig.folder.mkdir()
    assert rig.halted == "drift; news"
    assert (rig.folder / "halt").read_text() == "drift\nnews"
    (rig.folder / "halt").unlink()
    assert rig.halted is None
    assert rig.place(protect_price="40000")["status"] == "open"


def test_a_halt_that_no_file_holds_is_resumed_by_the_admin(rig: Rig) -> None:
    rig.calls["halt"](reason="drift")
    rig.service.admin_methods()["resume"]()
    assert rig.halted is None
    rig.folder.mkdir()
    assert rig.halted is None


def test_who_takes_the_file_away_resumes_from_what_the_disk_did_not_take_too(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, reason: str) -> bool:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    rig.folder.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(kill_file, "write", full)
        rig.calls["halt"](reason="drift")
        assert str(rig.halted).endswith("drift")
        (rig.folder / "halt").unlink()
        assert rig.halted is None
    assert rig.halted is None
    assert not (rig.folder / "halt").exists()


def test_a_days_loss_is_measured_and_halts(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(950)
    rig.equity(900)
    assert rig.halted == LOST
    assert rig.told == [LOST]


def test_the_days_first_equity_is_written_once_the_disk_takes_it(rig: Rig) -> None:
    rig.equity(1000)
    rig.folder.mkdir()
    rig.equity(950)
    rig.start()
    rig.equity(900)
    assert rig.halted == LOST
