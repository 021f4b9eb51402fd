"""The search mends faults of every sort, the same way each time, whatever candidates do."""

from __future__ import annotations

import ast
import os
import signal
import time
from dataclasses import replace

import pytest
from classics import BEYOND, CLASSICS
from faults import FAULTS, Fault

from architect.wick.search import (
    Budget,
    Check,
    Checks,
    Failed,
    Patch,
    Program,
    Search,
    search,
)
from architect.wick.search.behaviour import one_call
from architect.wick.search.evaluate import Evaluator
from architect.wick.search.observe import observe
from architect.wick.search.runner import Runner
from architect.wick.search.words import Words


def first_patch(program: str, tests: str, budget: Budget | None = None) -> Patch | None:
    checks = Checks.of_source(tests, program)
    return next(search(Program(program), checks, budget or Budget(seconds=30)), None)


@pytest.mark.parametrize("fault", [*FAULTS, *CLASSICS], ids=lambda fault: fault.name)
def test_mends_the_fault_and_not_only_what_its_tests_show(fault: Fault) -> None:
    patch = first_patch(fault.program, fault.tests)
    assert patch is not None
    namespace: dict[str, object] = {}
    exec(patch.source, namespace)
    exec(fault.tests, dict(namespace))
    exec(fault.hidden, namespace)


def test_what_needs_a_constant_that_stands_nowhere_is_left_unmended() -> None:
    assert first_patch(BEYOND.program, BEYOND.tests, Budget(seconds=2)) is None


def test_finds_the_same_patch_every_time() -> None:
    fault = next(fault for fault in FAULTS if fault.name == "missing bookkeeping")
    budget = Budget(seconds=30, grace_s=10)
    found = [first_patch(fault.program, fault.tests, budget) for _ in range(3)]
    assert len({patch and patch.source for patch in found}) == 1


def test_a_timer_that_strikes_once_is_held_against_no_candidate() -> None:
    """What a busy machine took away is no candidate's: it is asked again."""
    strikes: list[int] = []

    def strike() -> None:
        strikes.append(1)
        if len(strikes) == 1:
            os.kill(os.getpid(), signal.SIGPROF)

    program = Program("def f(x):\n    strike()\n    return x + 1\n")
    checks = Checks.of_source("assert f(1) == 2", program.source)
    runner = Runner(program, replace(checks, base=lambda: {"strike": strike}))
    assert runner.run(runner.units, checks.checks[0], 1_000, 0.1).passed
    strikes.clear()
    assert one_call(runner, runner.units, ("f", (1,), {})) == "2"
    assert one_call(runner, runner.units, ("f", (1,), {}), steps=0) == "!(no end)"
    assert len(strikes) == 2


def test_what_is_out_of_steps_is_not_asked_again() -> None:
    program = Program("def f(x):\n    while True:\n        pass\n")
    checks = Checks.of_source("assert f(1) == 2", program.source)
    runs: list[int] = []
    runner = Runner(program, replace(checks, setup=lambda _: runs.append(1)))
    assert runner.run(runner.units, checks.checks[0], 1_000, 0.9).how == "steps"
    assert runs == [1]


def test_two_workers_find_what_one_finds() -> None:
    fault = next(fault for fault in FAULTS if fault.name == "maximum not kept")
    one = first_patch(fault.program, fault.tests, Budget(workers=1, grace_s=10))
    two = first_patch(fault.program, fault.tests, Budget(workers=2, grace_s=10))
    assert one is not None
    assert two is not None
    assert one.source == two.source


def test_offers_further_patches_when_the_first_is_refused() -> None:
    program = "def f(x):\n    return x - 1\n"
    checks = Checks.of_source("assert f(1) == 2\nassert f(5) == 6", program)
    patches = list(search(Program(program), checks, Budget(seconds=5, two_edits=False)))
    assert len(patches) > 1
    assert len({patch.source for patch in patches}) == len(patches)
    assert [p.score for p in patches] == sorted(p.score for p in patches)


def test_a_natural_edit_wins_over_one_that_only_fits_the_failing_input() -> None:
    program = "def square(x):\n    if x == 3:\n        return 6\n    return x + x\n"
    tests = "assert square(2) == 4\nassert square(0) == 0\nassert square(5) == 25"
    patch = first_patch(program, tests)
    assert patch is not None
    namespace: dict[str, object] = {}
    exec(
        patch.source + "\nassert [square(n) for n in (1, 7, 9)] == [1, 49, 81]",
        namespace,
    )


@pytest.mark.alone
def test_ends_without_a_patch_when_the_tests_contradict_each_other() -> None:
    program = "def f(x):\n    return x\n"
    checks = Checks.of_source("assert f(1) == 1\nassert f(1) == 2", program)
    started = time.monotonic()
    assert list(search(Program(program), checks, Budget(seconds=3))) == []
    assert time.monotonic() - started < 5


@pytest.mark.alone
def test_a_budget_of_no_time_is_kept() -> None:
    fault = FAULTS[0]
    started = time.monotonic()
    first_patch(fault.program, fault.tests, Budget(seconds=0))
    assert time.monotonic() - started < 1


def test_goes_on_when_candidates_kill_their_process() -> None:
    """The wrong constant's cheaper neighbour kills the worker; the right one is behind it."""
    program = "def f(x):\n    return x + 2\n"

    def deadly(namespace: dict[str, object]) -> None:
        got = namespace["f"](0)  # type: ignore[operator]
        if got == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        assert got == 1

    patch = next(search(Program(program), Checks([Check("deadly", deadly)])), None)
    assert patch is not None
    assert eval("f(0)", _run(patch.source)) == 1


def test_goes_on_when_a_candidate_blocks_in_c() -> None:
    """A candidate that no timer of Python's can interrupt is killed from outside."""
    program = "def f(x):\n    return x + 2\n"

    def blocking(namespace: dict[str, object]) -> None:
        got = namespace["f"](0)  # type: ignore[operator]
        if got == 3:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
            time.sleep(1_000)
        assert got == 1

    budget = Budget(seconds=20, stuck_s=0.3)
    patch = next(
        search(Program(program), Checks([Check("blocking", blocking)]), budget)
    )
    assert eval("f(0)", _run(patch.source)) == 1


def test_a_candidate_that_changes_a_shared_module_spoils_no_other() -> None:
    """One candidate breaks `math.floor` for its process; the right one, tried later,
    needs it."""
    program = "import math\ndef f(x):\n    return math.floor(x) + 9\n"

    def spoiling(namespace: dict[str, object]) -> None:
        import math

        got = namespace["f"](1.5)  # type: ignore[operator]
        if got == 11:
            math.floor = math.ceil  # type: ignore[assignment]
        if got != 1:
            raise Failed(got)

    patch = next(search(Program(program), Checks([Check("spoiling", spoiling)])), None)
    assert patch is not None
    assert eval("f(7.5)", _run(patch.source)) == 7


def test_memory_of_a_candidate_is_limited() -> None:
    program = "def f(n):\n    return [0] * (n * 1_000_000_000)\n"
    patch = first_patch(program, "assert f(3) == [0, 0, 0]\nassert f(0) == []")
    assert patch is None or len(eval("f(2)", _run(patch.source))) == 2


def test_what_a_candidate_prints_is_not_seen(capfd: pytest.CaptureFixture[str]) -> None:
    program = "def f(x):\n    print('noise')\n    return x - 1\n"
    assert first_patch(program, "assert f(1) == 2\nassert f(3) == 4") is not None
    assert "noise" not in capfd.readouterr().out


def test_a_body_is_repaired_under_its_signature() -> None:
    program = Program.of_body(
        "spread(bid, ask)", "mid = (bid + ask) / 2\nreturn bid - ask"
    )
    checks = Checks.of_examples(
        "spread", [({"bid": 1.0, "ask": 3.0}, 2.0), ({"bid": 5.0, "ask": 5.5}, 0.5)]
    )
    patch = next(search(program, checks))
    body = program.body_text(patch.source)
    assert body.splitlines()[0] == "mid = (bid + ask) / 2"
    assert eval(ast.unparse(ast.parse(body).body[-1].value), {"bid": 2, "ask": 9}) == 7  # type: ignore[attr-defined]


def test_only_the_editable_function_changes() -> None:
    source = "def helper(x):\n    return x - 1\n\ndef f(x):\n    return helper(x)\n"
    checks = Checks.of_source("assert f(1) == 2\nassert f(4) == 5", source)
    patch = next(search(Program(source, ("f",)), checks))
    assert "def helper(x):\n    return x - 1" in patch.source


def test_examples_are_compared_by_exact_type() -> None:
    program = Program.of_body("f(x)", "return x")
    checks = Checks.of_examples("f", [({"x": 1}, 1.0), ({"x": 3}, 3.0)])
    patch = next(search(program, checks))
    assert isinstance(eval("f(2)", _run(patch.source)), float)


def test_a_constant_may_come_from_the_intent() -> None:
    program = Program(
        "def f(x):\n    return x * 7\n", intent="Return x scaled by 365 days a year."
    )
    checks = Checks.of_source("assert f(1) == 365\nassert f(2) == 730", program.source)
    patch = next(search(program, checks))
    assert eval("f(3)", _run(patch.source)) == 1095


def test_counts_its_candidates() -> None:
    fault = FAULTS[0]
    one = Search(Program(fault.program), Checks.of_source(fault.tests, fault.program))
    patch = next(one.patches())
    assert one.candidates >= patch.candidates > 10


def _run(source: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(source, namespace)
    return namespace


@pytest.mark.parametrize(
    ("program", "tests", "wanted"),
    [
        (
            "def f(a, b):\n    return dict(x=a)",
            "assert f(1, 2) == {'x': 1}\nassert f(3, 2) == {'x': 2}",
            "dict(x=a if a < b else b)",
        ),
        (
            "def f(xs, n):\n    while len(xs) < n:\n        pass\n    return sum(xs)",
            "assert f([1], 1) == 1\nassert f([], 1) == 0",
            "if len(xs) < n:\n        return sum(xs)",
        ),
        (
            "def f(s, n):\n    return s * s",
            "assert f('a', 2) == 'aa'",
            "return s * n",
        ),
        (
            "def f(side, n):\n    return n",
            "assert f('long', 2) == 2\nassert f('s', 2) == 0",
            "if side != 'long':\n        return 0",
        ),
    ],
)
def test_an_edit_is_there_and_not_dear(program: str, tests: str, wanted: str) -> None:
    said = Program(program, intent="'long' or 'short'")
    evaluator = Evaluator(said, Checks.of_source(tests, program))
    found = (
        edit.cost
        for index, edit in enumerate(evaluator.edits)
        if wanted in evaluator.source(index)
    )
    assert next(found, 99.0) < 8.0


def test_a_program_that_only_raises_tells_nothing_of_kinds() -> None:
    def breaks(raised: bool) -> Checks:
        def run(_: dict[str, object]) -> None:
            raise Failed("no", raised)

        return Checks([Check("one", run)], ("f",))

    program = Program("def f(x):\n    return x")
    assert observe(program, breaks(True)).only_breaks
    assert not observe(program, breaks(False)).only_breaks


def test_a_search_is_over_when_its_processor_time_is() -> None:
    program = "def f(x):\n    return [y for y in range(x) if y * y < x]"
    tests = "assert f(3) == 'no such thing'"
    one = Search(
        Program(program), Checks.of_source(tests, program), Budget(60.0, cpu_s=0.01)
    )
    started = time.monotonic()
    assert next(one.patches(), None) is None
    assert time.monotonic() - started < 30
    unbound = Search(
        Program(program), Checks.of_source(tests, program), Budget(60.0, candidates=500)
    )
    assert next(unbound.patches(), None) is None
    assert unbound.candidates > one.candidates


def test_what_is_called_and_cannot_be_is_another_function() -> None:
    patch = first_patch(
        "def f(xs):\n    return xs(xs)",
        "assert f([2, 1, 3]) == [1, 2, 3]\nassert f([5, 4]) == [4, 5]",
    )
    assert patch is not None
    assert "sorted(xs)" in patch.source


def test_the_next_of_what_is_left_is_called_again() -> None:
    patch = first_patch(
        "def f(xs, least):\n    return least((x for x in xs if x > least), 0)",
        "assert f([2, 1, 3], 2) == 3\nassert f([5, 4], 9) == 0\nassert f([7, 8], 3) == 7",
    )
    assert patch is not None
    assert "next(" in patch.source


def test_a_sign_that_was_chosen_is_chosen_again() -> None:
    patch = first_patch(
        "def f(side, price, away):\n    sign = 1\n    return price - sign * away",
        "assert f('long', 10, 1) == 9\nassert f('short', 10, 1) == 11\n"
        "assert f('long', 7, 3) == 4\nassert f('short', 7, 3) == 10",
    )
    assert patch is not None
    assert "sign = 1 if" in patch.source


def test_a_name_that_began_as_none_begins_as_what_is_imported() -> None:
    program = (
        "def f(pairs):\n    found = None\n    for key, value in pairs:\n"
        "        found[key].append(value)\n    return {k: found[k] for k in sorted(found)}"
    )
    said = Program(
        "from collections import defaultdict\n" + program,
        words=Words(names={"defaultdict": "call"}),
    )
    tests = "assert f([(1, 2), (1, 3)]) == {1: [2, 3]}\nassert f([]) == {}"
    found = next(search(said, Checks.of_source(tests, program)), None)
    assert found is not None
    assert "found = defaultdict(list)" in found.source


def test_a_call_that_became_none_is_made_again() -> None:
    program = "def f(text):\n    lower = None\n    return lower + '!'"
    said = Program(program, words=Words(attributes=frozenset({"lower", "upper"})))
    tests = "assert f('Ab') == 'ab!'\nassert f('C') == 'c!'"
    found = next(search(said, Checks.of_source(tests, program)), None)
    assert found is not None
    assert "lower = text.lower()" in found.source
