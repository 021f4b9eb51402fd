"""A failure is told in the same words on every machine and Python."""

from __future__ import annotations

import pytest

from architect.gate.contract.failure import Failure
from architect.gate.verdict import UNKNOWN, CounterExample
from architect.wick.wording import LONGEST, stable, told

DEPTH = "RecursionError: maximum recursion depth exceeded"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (DEPTH, DEPTH),
        (f"{DEPTH} in comparison", DEPTH),
        (f"{DEPTH} while calling a Python object", DEPTH),
        (f"{DEPTH} while getting the str of an object", DEPTH),
        ("KeyError: <object object at 0x7f9012ab>", "KeyError: <object object>"),
        ("ValueError: a\x00b\x1fc\ud800", "ValueError: abc"),
        ("ValueError: two\nlines", "ValueError: two\nlines"),
    ],
)
def test_what_depends_on_the_machine_is_left_out(text: str, same: str) -> None:
    assert stable(text) == same


def test_a_long_message_is_cut() -> None:
    assert len(stable("x" * 9999)) == LONGEST


def failure(message: str, got: str) -> Failure:
    return Failure(message, CounterExample({"n": 1}, UNKNOWN, got, message), line=3)


def test_a_model_is_told_line_failure_and_counter_example() -> None:
    text = told(failure("f raises KeyError: 'x'", "KeyError: 'x'"))
    assert text.startswith("line 3: f raises KeyError: 'x'\n")
    assert "given: {n: 1}" in text


def test_where_the_stack_was_full_is_not_told() -> None:
    one = told(failure(f"f raises {DEPTH} in comparison", f"{DEPTH} in comparison"))
    assert one == told(failure(f"f raises {DEPTH}", DEPTH))
    assert "line 3" not in one
