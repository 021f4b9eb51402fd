"""What does not end by itself is ended, in time and with all that it made."""

from __future__ import annotations

import time

import pytest
from sandboxed import Run

from architect.gate.sandbox import Limits, Sandbox

LIMIT_S = 0.2
SLACK_S = 0.25

ENDLESS = {
    "loop": "while True: pass",
    "sleep": "import time; time.sleep(60)",
    "big power": "return 9 ** 9 ** 9",
    "regular expression": "import re; return re.match('(a+)+$', 'a' * 40 + 'b')",
    "numpy": "import numpy as np; a = np.ones((6000, 6000)); return a @ a @ a @ a",
    "caught": "\n    while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass",
    "signals ignored": "import signal; [signal.signal(s, signal.SIG_IGN) for s in range(1, 9)]\n"
    "    while True: pass",
    "generator": "import itertools; return sum(1 for _ in itertools.count())",
    "list of itself": "x = []\n    for i in range(10**12): x.append(None) if i < 9 else None",
    "text of a number": "import sys; sys.set_int_max_str_digits(0); return str(7 ** 10**7)",
    "decimal": "from decimal import Decimal, getcontext\n    getcontext().prec = 10**7\n"
    "    return Decimal(2).sqrt()",
    "comparison": "\n    class E:\n        def __eq__(s, o):\n            while True: pass\n"
    "    return E() == 1",
}


@pytest.mark.alone
@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_an_endless_call_is_dead_in_time(sandbox: Sandbox, body: str) -> None:
    with sandbox.worker(Limits(memory_bytes=2 << 30)) as worker:
        assert worker.load(
            [("generated.trading.f", f"def f():\n    {body}".encode())]
        ).ok
        started = time.monotonic()
        outcome = worker.call("f", {}, timeout_s=LIMIT_S)
        took = time.monotonic() - started
    assert outcome.status == "timeout", outcome
    assert LIMIT_S <= took < LIMIT_S + SLACK_S


@pytest.mark.alone
def test_an_endless_import_is_dead_in_time(run: Run) -> None:
    started = time.monotonic()
    outcome = run("while True: pass", Limits(load_s=LIMIT_S))
    assert outcome.status == "timeout"
    assert time.monotonic() - started < LIMIT_S + SLACK_S


def test_an_ended_worker_answers_the_same_for_ever(sandbox: Sandbox) -> None:
    with sandbox.worker() as worker:
        worker.load([("generated.trading.f", b"def f():\n    while True: pass")])
        first = worker.call("f", {}, timeout_s=0.05)
        again = worker.call("f", {}, timeout_s=0.05)
    assert first.status == again.status == "timeout"


@pytest.mark.slow
def test_cpu_time_is_limited_without_the_wall_clock(run: Run) -> None:
    outcome = run("def f():\n    while True: pass", Limits(cpu_s=1), timeout_s=10)
    assert outcome.status == "died"
    assert "CPU" in outcome.detail


@pytest.mark.parametrize(
    "body",
    [
        "return len(bytearray(1 << 30))",
        "x = [b'x' * 1000000 for _ in range(2000)]; return len(x)",
        "x = 'x'\n    while True: x += x",
        "import numpy as np; return int(np.ones(1 << 28).sum())",
        "import mmap; return len(mmap.mmap(-1, 1 << 30))",
    ],
)
def test_memory_is_limited(run: Run, body: str) -> None:
    outcome = run(f"def f():\n    {body}", Limits(memory_bytes=128 << 20))
    assert outcome.status in ("raised", "died")
    if outcome.raised is not None:
        assert outcome.raised.type in ("MemoryError", "_ArrayMemoryError", "OSError")


def test_an_answer_that_is_too_long_is_not_read(run: Run) -> None:
    outcome = run("def f():\n    return 'x' * 2000000", Limits(answer_bytes=1000000))
    assert outcome.status == "protocol"
    assert "at most 1000000" in outcome.detail


def test_a_flood_of_output_goes_nowhere(run: Run) -> None:
    source = """
        import os, sys
        def f():
            for fd in (1, 2):
                os.write(fd, b"x" * 50_000_000)
            print("y" * 1_000_000, file=sys.stderr)
            print("y" * 1_000_000, flush=True)
            return 1
    """
    assert run(source).value == 1


def test_a_recursion_without_end_is_an_error(run: Run) -> None:
    outcome = run("def f():\n    return f()")
    assert outcome.raised is not None
    assert outcome.raised.type == "RecursionError"


def test_a_crash_of_the_interpreter_is_a_verdict(run: Run) -> None:
    outcome = run("import ctypes\ndef f():\n    return ctypes.string_at(0)")
    assert outcome.status == "died"
    assert "SIGSEGV" in outcome.detail
