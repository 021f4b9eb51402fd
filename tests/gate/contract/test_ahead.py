"""Judging many inputs with few trips: the same calls, the same findings, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from architect.gate.contract.ahead import MOST, ROUNDS, Ahead, Call, stretches
from architect.gate.contract.failure import Broken, Failure


class Module:
    """Answers with how often it was called so; `ends` are calls that end its worker."""

    def __init__(self, *ends: str) -> None:
        self.made: list[str] = []
        self.trips: list[int] = []
        self.ends = ends
        self.ahead = Ahead(self.together, self.alone)

    def together(self, calls: Sequence[Call]) -> list[str]:
        self.trips.append(len(calls))
        found: list[str] = []
        for _, text in calls:
            if text in self.ends:
                break
            found.append(self.alone(("f", text)))
        return found

    def alone(self, call: Call) -> str:
        self.made.append(call[1])
        return f"{call[1]}{Counter(self.made)[call[1]]}"

    def ask(self, text: str) -> str:
        return self.ahead.answer(("f", text))


def test_inputs_that_call_once_are_one_trip() -> None:
    module = Module()
    assert [*module.ahead.judge(module.ask, "abc")] == ["a1", "b1", "c1"]
    assert (module.made, module.trips) == (["a", "b", "c"], [3, 0])


def test_a_call_on_what_was_answered_is_the_next_trip() -> None:
    module = Module()

    def judge(text: str) -> str:
        first = module.ask(text)
        return module.ask(first) if text != "b" else first

    assert [*module.ahead.judge(judge, "abc")] == ["a11", "b1", "c11"]
    assert module.trips == [3, 2, 0]


def test_the_same_call_again_is_made_again() -> None:
    """Who keeps state between calls must not get by because one answer served twice."""
    module = Module()
    judged = [*module.ahead.judge(lambda _: (module.ask("x"), module.ask("x")), "ab")]
    assert sorted(sum(judged, ())) == ["x1", "x2", "x3", "x4"]
    assert len(module.made) == 4


def test_what_asks_too_often_goes_on_call_by_call() -> None:
    module = Module()
    often = [str(number) for number in range(2 * ROUNDS)]
    found = [
        *module.ahead.judge(lambda one: [module.ask(one + n) for n in often], "ab")
    ]
    assert found == [[f"{one}{n}1" for n in often] for one in "ab"]
    assert len(module.made) == 4 * ROUNDS
    assert module.trips == [2] * ROUNDS


def test_after_a_call_that_ends_the_worker_each_is_made_alone() -> None:
    module = Module("b")
    assert [*module.ahead.judge(module.ask, "abc")] == ["a1", "b1", "c1"]
    assert (module.made, module.trips) == (["a", "b", "c"], [3])


@pytest.mark.parametrize("error", [ValueError("b"), Broken(Failure("b"))])
def test_an_error_rises_where_its_input_stands(error: BaseException) -> None:
    module = Module()

    def judge(text: str) -> str:
        if text == "b":
            raise error
        return module.ask(text)

    found = module.ahead.judge(judge, "abc")
    assert next(found) == "a1"
    with pytest.raises(type(error), match="b"):
        next(found)


def test_stretches_grow_and_leave_nothing_out() -> None:
    inputs = range(300)
    parts = [*stretches(inputs)]
    assert [number for part in parts for number in part] == [*inputs]
    assert [len(part) for part in parts] == [2, 8, 32, MOST, MOST, MOST, MOST, 2]
    assert [*stretches([])] == []
