"""What a failing call is answered with, and what is told of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from core_modules import Folder, entry, halve

from core.breaker import Breaker
from core.containment import Containment, Report
from core.errors import EnsuresError, OutcomeUnknown, RequiresError
from core.hooks import hooks
from core.live_terms import LiveTerms
from core.registry import Registry
from core.values import decode

GOOD = halve("return x // 2")
WRONG = halve("return x + 1")
RAISES = halve('raise ValueError("no")')
SAFE = ', on_failure="-x"'

ACTION = """
from core.wrapper import module

@module(kind="action", ports=["port"]{more})
def act(port: object, x: int) -> int:
    port(x)
    raise {error}("after the act")

__all__ = ["act"]
"""

SIZE = """
from core.wrapper import module

@module(kind="function", on_failure="0")
def size({params}) -> {answer}:
    {body}

__all__ = ["size"]
"""


def size(params: str, body: str, answer: str = "int") -> str:
    """Return a version of a module whose parameters its spec has changed."""
    return SIZE.format(params=params, body=body, answer=answer)


PLAIN = size("x: int", "return x // (x - 9)")
CAPPED = size("x: int, cap: int", "return x // cap")


class System:
    """A registry whose calls are contained."""

    def __init__(self, folder: Folder, *versions: str, name: str = "halve") -> None:
        self.registry, self.name = Registry(folder.modules), name
        self.reports: list[Report] = []
        self.containment = Containment(self.registry, self.reports.append)
        hooks.contain = self.containment.handle
        kind = "action" if name == "act" else "function"
        for text in versions:
            self.registry.accept(name, entry(text, kind), text.encode())

    def call(self, *args: Any, **more: Any) -> Any:
        return self.registry[self.name](*args, **more)

    @property
    def live(self) -> str:
        return self.registry.version(self.name).id


def test_the_last_good_version_answers_within_the_very_call(folder: Folder) -> None:
    system = System(folder, GOOD, WRONG)
    assert system.call(8) == 4
    assert system.live == entry(GOOD).version
    (report,) = system.reports
    assert report.version == entry(WRONG).version
    assert report.outcome == "ensures"
    assert report.contained == f"rolled back to {entry(GOOD).version}"
    assert "does not ensure result <= x" in report.error
    assert report.arguments == {"x": 8}


def test_an_error_whose_text_cannot_be_made_is_contained_too(folder: Folder) -> None:
    """A number of more than 4300 digits is written out by nothing."""
    reflected: list[Any] = []
    hooks.append = reflected.append
    system = System(folder, GOOD, halve("raise KeyError(10**5000)"))
    system.containment.breaker = Breaker(system.registry, LiveTerms())
    assert system.call(8) == 4
    assert [report.error for report in system.reports] == ["KeyError"]
    assert [one[6] for one in reflected] == ["KeyError", None]


@pytest.mark.parametrize(
    "value",
    [10**5000, [1, -(10**5000)], {"a": (10**5000,)}],
    ids=["itself", "in a list", "deeper"],
)
def test_an_input_that_no_text_can_hold_is_told_as_none(
    folder: Folder, value: Any
) -> None:
    text = halve("raise ValueError", ', on_failure="0"').replace("x >= 0", "True")
    system = System(folder, text)
    assert system.call(value) == 0
    (report,) = system.reports
    assert (report.arguments, report.foreign) == (None, ())
    json.dumps(asdict(report))


def test_versions_that_fail_one_after_another_are_all_taken_off(folder: Folder) -> None:
    system = System(folder, GOOD, RAISES, WRONG)
    assert system.call(8) == 4
    assert [report.outcome for report in system.reports] == ["ensures", "error"]
    assert system.live == entry(GOOD).version


def test_so_many_versions_may_fail_in_one_call_and_then_the_safe_value_counts(
    folder: Folder,
) -> None:
    broken = [halve(f"raise ValueError({n})", SAFE) for n in range(7)]
    system = System(folder, *broken)
    assert system.call(8) == -8


@pytest.mark.parametrize(
    "other",
    [
        PLAIN,
        size("x: int, cap: int = 2", "return x // cap"),
        size("x: int, top: int", "return x // top"),
        size("cap: int, x: int", "return x // cap"),
        size("x: int, cap: float", "return x // cap"),
        size("x: int, cap: int", "return x // cap", answer="float"),
    ],
)
def test_a_version_that_is_called_in_another_way_is_not_rolled_back_to(
    folder: Folder, other: str
) -> None:
    """Its callers have gone on: each call of it would fail before the wrapper's `try`."""
    system = System(folder, other, CAPPED, name="size")
    assert [system.call(x=8, cap=cap) for cap in (0, 2)] == [0, 4]
    assert system.live == entry(CAPPED).version
    assert [report.contained for report in system.reports] == ["safe value"]


def test_the_last_one_that_is_called_alike_is_rolled_back_to(folder: Folder) -> None:
    first = size("x: int, cap: int", "return x")
    system = System(folder, first, PLAIN, CAPPED, name="size")
    assert [system.call(x=8, cap=cap) for cap in (0, 2)] == [8, 8]
    assert system.live == entry(first).version


def test_a_tick_on_the_version_before_is_not_handed_one_called_in_another_way(
    folder: Folder,
) -> None:
    system = System(folder, PLAIN, name="size")
    with system.registry.tick():
        system.registry.accept("size", entry(CAPPED), CAPPED.encode())
        assert [system.call(x=x) for x in (9, 10)] == [0, 10]
    assert system.call(x=8, cap=2) == 4
    assert [report.contained for report in system.reports] == ["safe value"]


def test_such_a_tick_goes_back_alone_and_the_new_version_stays_live(
    folder: Folder,
) -> None:
    first = size("x: int", "return -x")
    system = System(folder, first, PLAIN, name="size")
    with system.registry.tick():
        system.registry.accept("size", entry(CAPPED), CAPPED.encode())
        assert [system.call(x=x) for x in (9, 10)] == [-9, -10]
    assert system.call(x=8, cap=2) == 4
    assert system.live == entry(CAPPED).version


def test_a_version_that_is_still_under_way_elsewhere_is_answered_as_well(
    folder: Folder,
) -> None:
    """Another tick holds it yet when it has left the path here."""
    system = System(folder, GOOD, WRONG)
    with system.registry.tick():
        with system.registry.tick():
            assert system.call(8) == 4
        assert system.call(8) == 4
    assert len(system.reports) == 1


def test_the_only_version_is_answered_by_its_safe_value(folder: Folder) -> None:
    text = halve("raise ValueError('no')", SAFE)
    system = System(folder, text)
    assert system.call(8) == -8
    assert system.reports[0].contained == "safe value"
    assert system.live == entry(text).version


def test_without_a_safe_value_the_error_itself_is_raised(folder: Folder) -> None:
    system = System(folder, RAISES)
    with pytest.raises(ValueError, match="no"):
        system.call(8)
    assert system.reports[0].contained == "raised"
    assert "ValueError: no" in system.reports[0].trace


def test_a_callers_breach_rolls_nothing_back(folder: Folder) -> None:
    system = System(folder, GOOD, halve("return x // 2", SAFE))
    live = system.live
    assert system.call(-3) == 3
    assert system.live == live
    system = System(folder, GOOD)
    with pytest.raises(RequiresError):
        system.call(-3)


def test_a_version_is_reported_once_however_often_it_fails(folder: Folder) -> None:
    system = System(folder, halve("return x + 1", SAFE))
    for x in range(5):
        system.call(x)
    assert len(system.reports) == 1
    assert list(system.containment.trips.values()) == [5]


def test_a_version_that_is_accepted_again_is_reported_again(folder: Folder) -> None:
    """As when a person takes its repair back, or a rebase that held it is aborted."""
    system = System(folder, GOOD, WRONG)
    for _ in range(2):
        system.call(8)
        system.call(8)
        system.registry.accept("halve", entry(WRONG), WRONG.encode())
    assert [report.version for report in system.reports] == [entry(WRONG).version] * 2


def test_an_end_that_a_module_raises_is_contained_in_its_callers_map(
    folder: Folder,
) -> None:
    system = System(folder, halve("raise StopIteration", ', on_failure="-1"'))
    assert list(map(system.call, [1, 2])) == [-1, -1]
    system = System(folder, halve("raise StopIteration"))
    with pytest.raises(RuntimeError, match="halve raised StopIteration"):
        list(map(system.call, [1, 2]))


def test_an_action_is_never_run_again(folder: Folder) -> None:
    """It may have acted: another version of it would act twice."""
    texts = [
        ACTION.format(more=SAFE, error="ValueError"),
        ACTION.format(more=', on_failure="-2 * x"', error="ValueError"),
    ]
    system = System(folder, *texts, name="act")
    acted: list[int] = []
    assert system.call(acted.append, 4) == -8
    assert acted == [4]
    assert system.live == entry(texts[0]).version
    assert system.reports[0].arguments == {"x": 4}


@pytest.mark.parametrize("more", ["", SAFE])
def test_what_a_port_said_is_no_fault_of_the_action(folder: Folder, more: str) -> None:
    source = "from core.errors import OutcomeUnknown" + ACTION
    texts = [
        source.format(more=more + end, error="OutcomeUnknown") for end in ("", " ")
    ]
    system = System(folder, *texts, name="act")
    live, acted = system.live, list[int]()
    if more:
        assert system.call(acted.append, 4) == -4
    else:
        with pytest.raises(OutcomeUnknown):
            system.call(acted.append, 4)
    assert (acted, system.live, system.reports) == ([4], live, [])


def test_arguments_without_a_plain_form_do_not_stop_the_report(folder: Folder) -> None:
    system = System(folder, halve("return x.missing", ', on_failure="0"'))

    class Odd:
        def __ge__(self, other: object) -> bool:
            return True

    assert system.call(Odd()) == 0
    assert system.reports[0].arguments is None
    assert system.reports[0].foreign == ("x",)


def test_what_a_spec_can_declare_is_not_foreign_though_it_cannot_be_told(
    folder: Folder,
) -> None:
    system = System(folder, halve("return x.missing", ', on_failure="0"'))
    assert system.call(Decimal("1E+9999")) == 0
    report = system.reports[0]
    assert (report.arguments, report.foreign) == (None, ())


def test_reported_arguments_can_be_read_back(folder: Folder) -> None:
    import math

    import pandas as pd

    series = pd.Series([1.0, math.nan])
    text = halve("return 0 // 0", ', on_failure="1"').replace("x >= 0", "len(x)")
    system = System(folder, text)
    assert system.call(series) == 1
    arguments = system.reports[0].arguments
    assert arguments is not None
    assert decode(arguments["x"], {}).equals(series)


def test_a_report_that_fails_does_not_fail_the_call(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    system = System(folder, GOOD, WRONG)

    def report(report: Report) -> None:
        raise RuntimeError("no one listens")

    system.containment.report = report
    assert system.call(8) == 4
    assert "no one listens" in capsys.readouterr().err


def test_an_error_in_the_last_good_version_too_is_what_is_raised(
    folder: Folder,
) -> None:
    system = System(folder, WRONG, RAISES)
    with pytest.raises(EnsuresError):
        system.call(8)
