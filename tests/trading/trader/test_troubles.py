"""What lasts is told once, and once more when it is over."""

from __future__ import annotations

from core.trading.trader.troubles import LASTING, Troubles


def fail(troubles: Troubles, *parts: str) -> list[str]:
    for part in parts:
        troubles.note("trouble", part=part, error=f"{part} is down")
        troubles.note("drift", part="ours")
    return [f"{kind} {detail['part']}" for kind, detail in troubles.tick()]


def test_one_failure_is_no_news() -> None:
    troubles = Troubles()
    assert fail(troubles, "fetch") == []
    assert fail(troubles) == []


def test_what_lasts_is_told_once_and_its_end_too() -> None:
    troubles = Troubles()
    told = [fail(troubles, "fetch", "fetch") for _ in range(LASTING + 5)]
    assert [line for lines in told for line in lines] == ["stuck fetch"]
    assert told[LASTING - 1] == ["stuck fetch"]
    assert fail(troubles) == ["unstuck fetch"]
    assert fail(troubles) == []


def test_each_part_counts_by_itself_and_only_in_a_row() -> None:
    troubles = Troubles()
    assert fail(troubles, "store", "equity") == []
    assert fail(troubles, "equity") == []
    assert fail(troubles, "store", "equity") == ["stuck equity"]
    assert fail(troubles, "store") == ["unstuck equity"]
    assert fail(troubles, "store") == ["stuck store"]


def test_what_was_not_tried_has_not_recovered() -> None:
    troubles = Troubles()
    told = [fail(troubles, "equity") for _ in range(LASTING)]
    assert told[-1] == ["stuck equity"]
    assert fail(troubles, "fetch") == []
    assert fail(troubles, "equity") == []
    assert fail(troubles) == ["unstuck equity"]


def test_the_newest_error_is_told() -> None:
    troubles = Troubles()
    for number in range(LASTING):
        troubles.note("trouble", part="fetch", error=f"error {number}")
        lines = list(troubles.tick())
    expected = {"part": "fetch", "error": f"error {LASTING - 1}", "ticks": LASTING}
    assert lines == [("stuck", expected)]
