"""A module that fails again and again is kept from running until a person says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from core_modules import Folder, entry, halve

from core.breaker import Breaker
from core.containment import Containment, Report
from core.errors import Barred
from core.health import WINDOW_MS, Health, parse_health
from core.hooks import hooks
from core.live_terms import LiveTerms
from core.registry import Registry

GOOD = halve("return x // 2")
SAFE = ', on_failure="-1"'
OUTER = """
from core.wrapper import module
from generated.trading.halve import halve

@module(kind="function"{more})
def quarter(x: int) -> int:
    return halve(halve(x))

__all__ = ["quarter"]
"""


def broken(number: int, more: str = "") -> str:
    return halve(f"raise ValueError({number})", more)


class System:
    """A registry with containment and a breaker, at a time of our own."""

    def __init__(self, folder: Folder, harmless: tuple[str, ...] = ()) -> None:
        self.registry = Registry(folder.modules)
        self.now_ms = 1_000_000
        self.kept: dict[str, Health] = {}
        self.tripped: list[str] = []
        self.reports: list[Report] = []
        self.breaker = Breaker(
            self.registry, LiveTerms(harmless=frozenset(harmless)),
            self.kept.__setitem__, lambda name, _: self.tripped.append(name),
            lambda: self.now_ms,
        )  # fmt: skip
        hooks.contain = Containment(
            self.registry, self.reports.append, self.breaker
        ).handle

    def accept(self, text: str, name: str = "halve", by: str = "wick") -> None:
        self.registry.accept(name, entry(text), text.encode())
        self.breaker.accepted(name, by)

    def fail(self, times: int, more: str = SAFE, first: int = 0) -> list[Any]:
        """Let so many repaired versions fail one after another."""
        answers = []
        for number in range(first, first + times):
            self.accept(broken(number, more))
            self.now_ms += 1000
            answers.append(self.registry["halve"](8))
        return answers


def test_three_versions_that_fail_within_an_hour_trip_it(folder: Folder) -> None:
    system = System(folder)
    system.accept(GOOD)
    assert system.fail(2) == [4, 4]
    assert (system.tripped, system.registry.barred("halve")) == ([], "")
    assert system.fail(1, first=2) == [4], "this call is still answered by the good one"
    assert system.tripped == ["halve"]
    assert system.registry.barred("halve").startswith(
        "its breaker is open: 3 versions failed within an hour"
    )


def test_while_it_is_open_calls_get_the_safe_value_and_nothing_runs(
    folder: Folder,
) -> None:
    system = System(folder)
    system.accept(halve("return x // 2", SAFE))
    system.fail(3)
    seen: list[Any] = []
    hooks.append = seen.append
    assert system.registry["halve"](x=8) == -1
    assert [record[5] for record in seen] == ["barred"]
    assert len(system.reports) == 3


def test_without_a_safe_value_the_call_raises_and_entries_stop(folder: Folder) -> None:
    system = System(folder)
    system.accept(GOOD)
    system.fail(3, more="")
    with pytest.raises(Barred, match="halve is kept from running: its breaker is open"):
        system.registry["halve"](8)
    assert system.breaker.stop_reason().startswith("halve has no safe answer")


def test_a_module_that_moves_no_money_stops_no_entries(folder: Folder) -> None:
    system = System(folder, harmless=("halve",))
    system.accept(broken(0))
    with pytest.raises(ValueError, match="0"):
        system.registry["halve"](8)
    assert system.breaker.stop_reason() == ""


def test_no_good_version_and_no_safe_value_stop_entries_until_one_is_accepted(
    folder: Folder,
) -> None:
    system = System(folder)
    system.accept(broken(0))
    assert system.breaker.stop_reason() == ""
    with pytest.raises(ValueError, match="0"):
        system.registry["halve"](8)
    assert system.breaker.stop_reason() == "halve has no safe answer: ValueError: 0"
    system.accept(GOOD)
    assert system.breaker.stop_reason() == ""


def test_failures_that_lie_an_hour_apart_trip_nothing(folder: Folder) -> None:
    system = System(folder)
    system.accept(GOOD)
    for number in range(5):
        system.fail(1, first=number)
        system.now_ms += WINDOW_MS
    assert system.tripped == []


def test_versions_that_fail_in_one_call_are_one_failure(folder: Folder) -> None:
    """One odd input on which all versions fail is a case for repair, not a loop."""
    system = System(folder)
    for number in range(4):
        system.accept(broken(number, SAFE))
    assert system.registry["halve"](8) == -1
    assert (len(system.reports), system.tripped) == (4, [])


def test_one_version_that_fails_often_is_one_failure(folder: Folder) -> None:
    system = System(folder)
    system.accept(broken(0, SAFE))
    assert {system.registry["halve"](x) for x in range(9)} == {-1}
    assert system.tripped == []


def test_a_callers_breach_counts_for_nothing(folder: Folder) -> None:
    system = System(folder)
    for number in range(3):
        system.accept(halve(f"return x // {number + 2}", SAFE))
        assert system.registry["halve"](-5) == -1
    assert (system.tripped, system.kept, system.breaker.stop_reason()) == ([], {}, "")


@pytest.mark.parametrize(
    ("by", "open_"), [("wick", True), ("model", False), ("hand", False)]
)
def test_a_new_version_of_a_person_closes_it_one_of_wick_does_not(
    folder: Folder, by: str, open_: bool
) -> None:
    system = System(folder)
    system.accept(halve("return x // 2 + 0", SAFE))
    system.fail(3)
    system.accept(halve("return x // 2", SAFE), by=by)
    assert bool(system.registry.barred("halve")) is open_
    assert system.registry["halve"](8) == (-1 if open_ else 4)


def test_a_reset_closes_it_and_starts_counting_anew(folder: Folder) -> None:
    system = System(folder)
    system.accept(GOOD)
    system.fail(3)
    system.breaker.reset("halve")
    assert system.registry["halve"](8) == 4
    system.fail(2, first=3)
    assert system.tripped == ["halve"]


def test_a_reset_is_newer_than_the_one_before_whatever_the_clock_says(
    folder: Folder,
) -> None:
    """Redis keeps the newer one."""
    system = System(folder)
    system.accept(GOOD)
    system.fail(3)
    system.breaker.reset("halve")
    before = system.kept["halve"].reset_ms
    system.now_ms -= 3_600_000
    system.fail(3, first=3)
    system.breaker.reset("halve")
    assert system.kept["halve"].reset_ms > before > 0


def test_it_is_remembered_over_a_restart(folder: Folder) -> None:
    system = System(folder)
    system.accept(halve("return x // 2", SAFE))
    system.fail(3)
    again = System(folder)
    again.accept(halve("return x // 2", SAFE))
    texts = {name: health.as_text() for name, health in system.kept.items()}
    again.breaker.restore({name: parse_health(text) for name, text in texts.items()})
    assert again.registry["halve"](8) == -1
    reset = system.kept["halve"].after_reset(system.now_ms + 1)
    again.breaker.take_reset("halve", reset)
    assert again.registry["halve"](8) == 4


def test_a_version_that_hung_is_not_run_again_but_the_next_one_is(
    folder: Folder,
) -> None:
    system = System(folder)
    text = halve("return x // 2", SAFE)
    system.accept(text)
    system.breaker.hung("halve", entry(text).version, "too slow")
    assert system.registry["halve"](8) == 4, "once may be the machine"
    system.breaker.hung("halve", entry(text).version, "too slow")
    assert system.registry["halve"](8) == -1
    system.accept(halve("return int(x / 2)", SAFE))
    assert system.registry["halve"](8) == 4


def test_who_uses_a_barred_module_is_not_blamed(folder: Folder) -> None:
    system = System(folder)
    system.accept(GOOD)
    outer = OUTER.format(more=', on_failure="-7"')
    system.accept(outer, "quarter")
    system.registry.bar("halve", "a test")
    assert system.registry["quarter"](8) == -7
    assert system.reports == []


def test_who_uses_a_failing_module_is_not_blamed(folder: Folder) -> None:
    system = System(folder)
    system.accept(broken(0))
    outer = OUTER.format(more=', on_failure="-7"')
    system.accept(outer, "quarter")
    assert system.registry["quarter"](8) == -7
    assert [report.module for report in system.reports] == ["halve"]


def test_who_breaks_what_a_used_module_requires_is_blamed(folder: Folder) -> None:
    system = System(folder)
    system.accept(GOOD)
    outer = OUTER.format(more=', on_failure="-7"').replace(
        "halve(halve(x))", "halve(-x)"
    )
    system.accept(outer, "quarter")
    assert system.registry["quarter"](8) == -7
    assert [(r.module, r.outcome) for r in system.reports] == [
        ("halve", "requires"),
        ("quarter", "error"),
    ]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"failed": 1}', '{"failed": [], "odd": 1}', "no"]
)
def test_a_health_that_cannot_be_read_is_a_value_error(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse_health(text)
