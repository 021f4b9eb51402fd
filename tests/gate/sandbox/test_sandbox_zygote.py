"""The warm parent: what it does not know, how it ends, and that it can begin anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandboxed import children, left

from architect.gate.sandbox import Limits, Sandbox, Worker
from core.errors import GateError

SMALL = ("json",)
SOURCE = [("generated.trading.f", b"def f(x):\n    return x + 1")]


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, f"process {pid} is still there"
        os.sched_yield()


def fork_ahead(sandbox: Sandbox) -> int:
    deadline = time.monotonic() + 5
    while len(found := children(sandbox.zygote.pid)) != 1:
        assert time.monotonic() < deadline, found
        os.sched_yield()
    return found.pop()


def test_a_killed_parent_is_a_gate_error_and_can_be_started_again() -> None:
    with Sandbox(SMALL) as sandbox:
        worker = sandbox.worker()
        assert worker.load(SOURCE).ok
        os.kill(sandbox.zygote.pid, signal.SIGKILL)
        wait_gone(worker.pid)
        with pytest.raises(GateError, match="parent process"):
            worker.call("f", {"x": 1})
        with pytest.raises(GateError):
            sandbox.worker()
        worker.close()
        sandbox.start()
        with sandbox.worker() as again:
            assert again.load(SOURCE).ok
            assert again.call("f", {"x": 1}).value == 2


def test_a_killed_worker_is_a_death_and_others_live_on(sandbox: Sandbox) -> None:
    with sandbox.worker() as one, sandbox.worker() as other:
        assert one.load(SOURCE).ok
        assert other.load(SOURCE).ok
        os.kill(one.pid, signal.SIGKILL)
        assert one.call("f", {"x": 1}).status == "died"
        assert other.call("f", {"x": 1}).value == 2


def test_a_fork_ahead_that_is_killed_is_made_anew() -> None:
    with Sandbox(SMALL) as sandbox:
        sandbox.worker().close()
        ahead = fork_ahead(sandbox)
        os.kill(ahead, signal.SIGKILL)
        while ") Z " not in Path(f"/proc/{ahead}/stat").read_text():
            os.sched_yield()
        with sandbox.worker() as worker:
            assert worker.pid != ahead
            assert worker.load(SOURCE).ok
            assert worker.call("f", {"x": 1}).value == 2


def test_a_fork_ahead_ends_with_its_parent() -> None:
    with Sandbox(SMALL) as sandbox:
        sandbox.worker().close()
        ahead = fork_ahead(sandbox)
        os.kill(sandbox.zygote.pid, signal.SIGKILL)
        wait_gone(ahead)


def test_closing_leaves_no_process() -> None:
    sandbox = Sandbox(SMALL)
    sandbox.start()
    parent = sandbox.zygote.pid
    workers = [sandbox.worker() for _ in range(3)]
    sandbox.close()
    pids = [parent, *(worker.pid for worker in workers)]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_descendants_in_other_sessions_end_with_their_worker(sandbox: Sandbox) -> None:
    with Worker(sandbox.zygote, Limits(), (), "stay") as worker:
        worker.wait_ready()
        deadline = time.monotonic() + 5
        while not children(worker.pid):
            assert time.monotonic() < deadline
        (descendant,) = children(worker.pid)
    assert left(sandbox) == set()
    wait_gone(descendant)


def test_all_end_when_the_trusted_side_is_killed() -> None:
    script = (
        "from architect.gate.sandbox import Sandbox; s = Sandbox(('json',)); s.start(); "
        "w = s.worker(); w.wait_ready(); print(s.zygote.pid, w.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 2
        process.kill()
        for pid in pids:
            wait_gone(pid)


def test_a_module_that_cannot_be_preloaded_is_named() -> None:
    with pytest.raises(GateError, match="no_such_module"):
        Sandbox(("no_such_module",)).start()


def test_a_sandbox_that_is_not_started_says_so() -> None:
    with pytest.raises(GateError, match="not started"):
        Sandbox().worker()


def test_nothing_of_the_trusted_side_is_in_a_worker(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRAKEN_API_SECRET", "hush")
    source = (
        b"import os, sys\ndef f():\n    return [[*os.environ], 'pytest' in sys.modules]"
    )
    with Sandbox(SMALL) as fresh, fresh.worker() as worker:
        assert worker.load([("generated.trading.f", source)]).ok
        assert worker.call("f", {}).value == [["TZ"], False]


def test_threads_may_share_a_sandbox(sandbox: Sandbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> object:
        with sandbox.worker() as worker:
            assert worker.load(SOURCE).ok
            return worker.call("f", {"x": number}).value

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(20))) == list(range(1, 21))
