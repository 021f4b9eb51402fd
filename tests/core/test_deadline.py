"""Calls that do not come back: ended, contained, and blamed on the one that hangs."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from core_modules import Folder, entry, halve

from core.containment import Containment, Report
from core.deadline import Deadline
from core.errors import DeadlineExceeded
from core.hooks import Failure, hooks
from core.registry import Registry

GOOD = halve("return x // 2")
FOREVER = "\n        ".join(["while True:", "x += 1"])
SAFE = ', on_failure="-1"'
QUARTER = """
from core.wrapper import module
from generated.trading.halve import halve
{more}
@module(kind="function", on_failure="-2")
def quarter(x: int) -> int:
    {body}

__all__ = ["quarter"]
"""
ACTION = """
from core.wrapper import module

@module(kind="action", ports=["port"], on_failure="-3")
def act(port: object, x: int) -> int:
    {body}

__all__ = ["act"]
"""
LIMITS = {"halve": 60, "quarter": 60, "act": 15}


class System:
    """A registry whose calls are contained and watched."""

    def __init__(self, folder: Folder, **versions: list[str]) -> None:
        self.registry = Registry(folder.modules)
        self.reports: list[Report] = []
        self.containment = Containment(self.registry, self.reports.append)
        hooks.contain = self.containment.handle
        for name, texts in versions.items():
            for text in texts:
                kind = "action" if name == "act" else "function"
                self.registry.accept(name, entry(text, kind), text.encode())

    def call(self, name: str, *args: Any) -> Any:
        return self.registry[name](*args)

    @property
    def blamed(self) -> list[tuple[str, str]]:
        return [(r.module, r.error.partition(":")[0]) for r in self.reports]


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    with Deadline(LIMITS).watching():
        yield


def burn(seconds: float) -> None:
    """Use up CPU time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_an_endless_loop_is_answered_by_the_last_good_version(folder: Folder) -> None:
    system = System(folder, halve=[GOOD, halve(FOREVER)])
    assert system.call("halve", 8) == 4
    assert system.blamed == [("halve", "DeadlineExceeded")]
    (report,) = system.reports
    assert report.error == "DeadlineExceeded: halve used up its 60 ms and was ended"
    assert report.arguments == {"x": 8}
    assert "in halve\n    x += 1" in report.trace or "while True" in report.trace


@pytest.mark.parametrize(
    "body",
    [
        "return re.match('(a+)+$', 'a' * 40 + 'b') is None",
        "return 7 ** 40_000_000",
        "return max(x for x in itertools.count())",
        "try:\n        while True:\n            pass\n    except Exception:\n        return 0",
        "return [halve(x) for y in itertools.count()]",
    ],
)
def test_so_are_loops_in_c_that_look_for_signals(folder: Folder, body: str) -> None:
    text = "import itertools, re\n" + halve(body, SAFE)
    if "halve(x)" in body:
        text = QUARTER.format(body=body, more="import itertools")
        system = System(folder, halve=[GOOD], quarter=[text])
        assert system.call("quarter", 8) == -2
        assert system.blamed == [("quarter", "DeadlineExceeded")]
        return
    system = System(folder, halve=[text])
    assert system.call("halve", 8) == -1
    assert system.blamed == [("halve", "DeadlineExceeded")]


def test_the_one_that_hangs_is_blamed_not_the_one_that_calls_it(folder: Folder) -> None:
    body = "return halve(halve(x))"
    system = System(
        folder,
        halve=[GOOD, halve(FOREVER)],
        quarter=[QUARTER.format(body=body, more="")],
    )
    assert system.call("quarter", 8) == 2
    assert system.blamed == [("halve", "DeadlineExceeded")]


def look_at(ms: int) -> None:
    """Let the deadline look when so much of the thread's time is used."""
    clock[0] = ms * 1_000_000
    signal.raise_signal(signal.SIGPROF)


clock = [0]
LOOKS = "from test_deadline import look_at\nfor ms in {looks}: look_at(ms)"


@pytest.mark.parametrize("late", [[0, 10], [0, 30], [0, 34]])
def test_one_that_has_used_its_time_is_not_blamed_for_another(
    folder: Folder, late: list[int]
) -> None:
    """However late the look: what began since the last one is waited for."""
    spend, hang = LOOKS.format(looks=late), LOOKS.format(looks=[95, 120, 135])
    body = f"exec({spend!r}); return halve(x)"
    system = System(
        folder,
        halve=[GOOD, halve(f"exec({hang!r}); return 0 - x")],
        quarter=[QUARTER.format(body=body, more="")],
    )
    with Deadline(LIMITS, cpu_ns=lambda: clock[0]).watching():
        assert system.call("quarter", 8) == 4
    assert system.blamed == [("halve", "DeadlineExceeded")]


@pytest.mark.parametrize(
    ("looks", "begins", "ended_ms"),
    [("[x]", (0, 30, 60, 90), 90), ("[x, x + 25]", (0, 50, 100, 150, 200), 100)],
)
def test_one_that_calls_others_without_end_is_given_one_call_more(
    folder: Folder, looks: str, begins: tuple[int, ...], ended_ms: int
) -> None:
    """However many looks fall into each of those calls."""
    look = LOOKS.format(looks=looks)
    body = f"return [halve(y) for y in {begins}]"
    system = System(
        folder,
        halve=[halve(f"exec({look!r}); return 0")],
        quarter=[QUARTER.format(body=body, more="")],
    )
    with Deadline(LIMITS, cpu_ns=lambda: clock[0]).watching():
        assert system.call("quarter", 8) == -2
    assert system.blamed == [("quarter", "DeadlineExceeded")]
    assert clock == [ended_ms * 1_000_000]


def test_who_calls_without_end_within_one_that_is_overdue_is_blamed_alone(
    folder: Folder,
) -> None:
    look = LOOKS.format(looks="[x, x + 25]")
    middle = QUARTER.format(
        body="return [halve(x + y) for y in range(0, 500, 50)]", more=""
    )
    spend = LOOKS.format(looks=[0, 40, 80])
    outer = QUARTER.replace("halve", "quarter").replace("def quarter", "def outer")
    outer = outer.replace('["quarter"]', '["outer"]').replace("-2", "-4")
    outer = outer.format(body=f"exec({spend!r}); return quarter(100)", more="")
    system = System(
        folder,
        halve=[halve(f"exec({look!r}); return 0")],
        quarter=[middle],
        outer=[outer],
    )
    limits = {**LIMITS, "outer": 110}
    with Deadline(limits, cpu_ns=lambda: clock[0]).watching():
        assert system.call("outer", 8) == -2
    assert system.blamed == [("quarter", "DeadlineExceeded")]


def test_a_recursion_is_one_call_with_the_inputs_it_began_with(folder: Folder) -> None:
    body = "return halve(x - 1) + halve(x - 2) if x > 1 else x"
    system = System(
        folder, halve=[halve(body, SAFE).replace(', ensures=["result <= x"]', "")]
    )
    assert system.call("halve", 40) == -1
    assert system.reports[0].arguments == {"x": 40}
    assert len(system.reports) == 1


def test_an_action_is_ended_in_its_own_lines(folder: Folder) -> None:
    text = ACTION.format(body="port(x)\n    while True:\n        x += 1")
    system = System(folder, act=[text])
    acted: list[int] = []
    assert system.call("act", acted.append, 5) == -3
    assert acted == [5], "and it is not run again"


def test_a_port_at_work_is_never_interrupted(folder: Folder) -> None:
    system = System(folder, act=[ACTION.format(body="return port(x)")])

    def port(x: int) -> int:
        burn(0.3)
        return x + 1

    assert system.call("act", port, 5) == 6
    assert system.reports == []


def test_waiting_is_not_running(folder: Folder) -> None:
    """A busy machine, on which a call has to wait for the processor, ends no call."""
    text = "import time\n" + halve("time.sleep(0.2); return x // 2")
    system = System(folder, halve=[text])
    assert system.call("halve", 8) == 4
    assert system.reports == []


def test_containing_a_failure_is_not_interrupted_nor_counted(folder: Folder) -> None:
    system = System(folder, halve=[halve("raise ValueError('no')", SAFE)])
    after = LOOKS.format(looks=[201, 211])
    inner = QUARTER.format(
        body=f"found = halve(x); exec({after!r}); return found", more=""
    )
    system.registry.accept("quarter", entry(inner), inner.encode())
    scope: dict[str, Callable[..., Any]] = {}
    exec(
        "def slowly(look_at, then, failure):\n"
        "    for ms in range(0, 201, 25):\n        look_at(ms)\n"
        "    return then(failure)",
        scope,
    )
    source = scope["slowly"]
    source.__globals__["__name__"] = "core.containment"

    def contain(failure: Failure) -> Any:
        return source(look_at, system.containment.handle, failure)

    hooks.contain = contain
    # These looks happen below a frame of ours: the call goes on to its end, and the
    # looks after it, in the caller's own lines, find that it has used only those.
    with Deadline(LIMITS, cpu_ns=lambda: clock[0]).watching():
        assert system.call("quarter", 8) == -1
    assert system.blamed == [("halve", "ValueError")]


def test_without_containment_the_deadline_is_an_error(folder: Folder) -> None:
    system = System(folder, halve=[halve(FOREVER)])
    with pytest.raises(DeadlineExceeded, match="halve used up its 60 ms"):
        system.call("halve", 8)


def test_a_limit_that_nobody_gave_is_the_specs_default(folder: Folder) -> None:
    started = time.thread_time()
    text = halve(FOREVER, SAFE).replace("halve", "other")
    system = System(folder, other=[text])
    assert system.call("other", 8) == -1
    assert 0.2 < time.thread_time() - started < 0.6


def test_a_second_hang_is_ended_too(folder: Folder) -> None:
    system = System(folder, halve=[halve(FOREVER, SAFE)])
    assert [system.call("halve", x) for x in (1, 2)] == [-1, -1]


def test_off_the_main_thread_nothing_is_watched_and_nothing_breaks() -> None:
    from threading import Thread

    done: list[bool] = []

    def run() -> None:
        with Deadline(LIMITS).watching():
            done.append(True)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]
