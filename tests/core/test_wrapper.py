"""The wrapper: contract, outcome, reflection, containment, cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from cost import best_ns

from core.errors import EnsuresError, RequiresError
from core.wrapper import Failure, Reflection, hooks, module, unrecorded


@pytest.fixture
def reflections() -> list[Reflection]:
    found: list[Reflection] = []
    hooks.append = found.append
    return found


@module(kind="function", requires=["x >= 0", "y != 0"], ensures=["result >= 0"])
def divide(x: int, y: int = 2) -> float:
    """Divide."""
    return x / y


@module(kind="function")
def outer(x: int) -> float:
    return divide(x)


@module(kind="action", ports=["exchange"], on_failure="-amount")
def spend(exchange: Any, amount: int) -> int:
    return exchange(amount)


@module(kind="function", reflect="result")
def only_result(x: list[int]) -> int:
    return len(x)


@module(kind="function", reflect="none")
def nothing_shown(x: int) -> int:
    return x


@module(kind="function")
def no_parameters() -> int:
    return 7


@module(kind="function", on_failure="0")
def countdown(n: int) -> int:
    if n == 0:
        raise ValueError("bottom")
    return countdown(n - 1) + 1


@module(kind="function")
def has_no_more(x: int) -> int:
    raise StopIteration(x)


def test_what_a_module_raises_is_not_the_end_of_its_callers_map() -> None:
    with pytest.raises(RuntimeError, match="has_no_more raised StopIteration"):
        list(map(has_no_more, [1, 2]))


def test_a_call_is_the_bodys(reflections: list[Reflection]) -> None:
    assert (divide(4), divide(9, 3), divide(y=4, x=8), no_parameters()) == (2, 3, 2, 7)
    assert divide.__doc__ == "Divide."
    assert divide.__name__ == "divide"


def test_a_call_leaves_one_reflection(reflections: list[Reflection]) -> None:
    hooks.tick = 5
    before = time.perf_counter_ns()
    divide(8, y=4)
    (found,) = reflections
    started, name, version, tick, took, outcome, error, args, result = found
    assert before <= started <= time.perf_counter_ns()
    assert (name, version, tick) == ("divide", "unversioned", 5)
    assert 0 < took < 10**9
    assert (outcome, error, args, result) == ("ok", None, (8, 4), 2.0)


def test_an_unrecorded_call_leaves_a_reflection_only_where_it_fails(
    reflections: list[Reflection],
) -> None:
    body = divide.__wrapped__  # type: ignore[attr-defined]
    quiet = unrecorded(kind="function", requires=["y != 0"], on_failure="0.0")(body)
    assert quiet(6) == 3.0
    assert not reflections
    with pytest.raises(RequiresError, match="y != 0"):
        quiet(1, 0)
    assert [(name, outcome) for _, name, _, _, _, outcome, *_ in reflections] == [
        ("divide", "requires")
    ]
    assert reflections[0][0] > 0
    assert reflections[0][4] >= 0
    hooks.contain = lambda failure: failure.fallback and failure.fallback()
    assert quiet(1, 0) == 0.0


def test_defaults_are_shown_as_arguments(reflections: list[Reflection]) -> None:
    divide(4)
    assert reflections[0][7] == (4, 2)


@pytest.mark.parametrize(
    ("call", "shown", "result"),
    [
        (lambda: only_result([1, 2]), None, 2),
        (lambda: nothing_shown(3), None, None),
        (lambda: no_parameters(), (), 7),
        (lambda: spend(lambda n: n, 5), (5,), 5),
    ],
)
def test_what_is_reflected_is_what_the_spec_says_and_never_a_port(
    reflections: list[Reflection], call: Callable[[], Any], shown: Any, result: Any
) -> None:
    call()
    assert reflections[0][7:] == (shown, result)


@pytest.mark.parametrize(
    ("args", "kind", "outcome", "text"),
    [
        ((-1,), RequiresError, "requires", "divide requires x >= 0"),
        ((1, 0), RequiresError, "requires", "divide requires y != 0"),
        ((1, -1), EnsuresError, "ensures", "divide does not ensure result >= 0"),
    ],
)
def test_a_breach_names_its_clause(
    reflections: list[Reflection],
    args: tuple[int, ...],
    kind: type[Exception],
    outcome: str,
    text: str,
) -> None:
    with pytest.raises(kind, match=text):
        divide(*args)
    assert reflections[0][5] == outcome
    assert text in str(reflections[0][6])
    assert reflections[0][8] is None


def test_an_expression_that_raises_has_not_held(reflections: list[Reflection]) -> None:
    with pytest.raises(TypeError):
        divide("a")
    assert reflections[0][5] == "error"


def test_a_breach_in_a_used_module_is_an_error_of_the_outer_one(
    reflections: list[Reflection],
) -> None:
    with pytest.raises(RequiresError):
        outer(-1)
    assert [(r[1], r[5]) for r in reflections] == [
        ("divide", "requires"),
        ("outer", "error"),
    ]


def test_a_wrong_call_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword"):
        divide(1, z=3)
    with pytest.raises(TypeError, match="missing 1 required"):
        divide()


def test_without_containment_errors_pass_as_they_are() -> None:
    def broken(amount: int) -> int:
        raise ConnectionError("lost")

    with pytest.raises(ConnectionError, match="lost"):
        spend(broken, 3)


def test_containment_is_told_everything_and_its_answer_is_the_calls() -> None:
    told: list[Failure] = []

    def contain(failure: Failure) -> Any:
        told.append(failure)
        assert failure.fallback is not None
        return failure.fallback()

    hooks.contain = contain
    error = ConnectionError("lost")

    def broken(amount: int) -> int:
        raise error

    assert spend(broken, amount=3) == -3
    (failure,) = told
    assert (failure.module, failure.kind, failure.outcome) == (
        "spend",
        "action",
        "error",
    )
    assert failure.error is error
    assert failure.arguments == {"amount": 3}
    assert failure.ports == ("exchange",)


def test_a_module_without_a_safe_value_has_no_fallback() -> None:
    told: list[Failure] = []
    hooks.contain = told.append
    divide(-1)
    assert told[0].fallback is None


def test_a_recursion_is_contained_as_the_one_call_it_is(
    reflections: list[Reflection],
) -> None:
    told: list[Failure] = []
    hooks.contain = lambda failure: told.append(failure) or failure.fallback()
    assert countdown(5) == 0
    assert [failure.arguments for failure in told] == [{"n": 5}]
    assert [r[7] for r in reflections] == [(5,)]


def test_a_stack_that_is_too_deep_is_contained_too() -> None:
    hooks.contain = lambda failure: failure.fallback()
    assert countdown(10**6) == 0


def test_interrupts_are_nobodys_failure(reflections: list[Reflection]) -> None:
    def interrupted(amount: int) -> int:
        raise KeyboardInterrupt

    hooks.contain = lambda failure: failure.fallback()
    with pytest.raises(KeyboardInterrupt):
        spend(interrupted, 1)
    assert reflections == []


def test_reset_forgets_sink_and_containment(reflections: list[Reflection]) -> None:
    hooks.contain = lambda failure: 0
    hooks.reset()
    divide(2)
    assert reflections == []
    assert hooks.contain is None


@pytest.mark.alone
def test_a_wrapped_call_costs_little_beside_a_logged_one() -> None:
    """The reference does what a plain decorator with *args, two clocks and repr does."""

    def logged(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter_ns()
        assert args[0] >= 0
        result = body(*args, **kwargs)
        lines.append(f"{args!r} {result!r} {time.perf_counter_ns() - started}")
        return result

    lines: list[str] = []
    body = divide.__wrapped__  # type: ignore[attr-defined]
    bare, wrapped, decorated = best_ns([body, divide, logged], 8, 4)
    added, reference = wrapped - bare, decorated - bare
    assert added < 2 * reference, f"{added:.0f} ns beside {reference:.0f} ns"
