"""Every reason to halt is kept, so that nobody resumes what he has not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from switch_rig import Rig


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
