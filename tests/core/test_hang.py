"""A call that holds the interpreter ends its process, which knows at its next start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from core_modules import Folder, halve
from test_events import until
from test_runtime import client, details, start

from core.errors import Barred
from core.events import HEALTH, JOBS
from core.hang import HangGuard, Hung, read_hung
from core.hooks import hooks
from core.runtime import Runtime

__all__ = ["client", "start"]  # fixtures

# Nothing in this process can end it: no byte code runs, no signal is looked for.
HOLDS = "return sum(range(10**15))"
PROCESS = """
import sys, time
from pathlib import Path
from core.hang import HangGuard
from core.manifest import read_manifest
from core.registry import Registry

root = Path(sys.argv[1])
modules = Registry(root / "generated" / "trading")
modules.load(read_manifest(root / "manifest.yaml"))
guard = HangGuard(root / "hung.txt", limit_s=0.5)
guard.start()
print(modules["halve"](8), flush=True)
guard.stop()
"""


def run(folder: Folder) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROCESS, str(folder.root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_the_process_ends_and_its_note_names_version_and_line(folder: Folder) -> None:
    version = folder.accept("halve", halve(HOLDS)).version
    started = time.monotonic()
    done = run(folder)
    assert done.returncode == 1
    assert time.monotonic() - started < 15
    note = folder.root / "hung.txt"
    assert read_hung(note) == Hung("halve", version, 6)
    assert read_hung(note) is None, "it is told once"


def test_a_call_that_takes_its_time_in_python_does_not_end_it(folder: Folder) -> None:
    body = "import time; end = time.monotonic() + 1\n    while time.monotonic() < end: pass\n"
    folder.accept("halve", halve(f"{body}    return x // 2"))
    done = run(folder)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
    assert not (folder.root / "hung.txt").exists()


def test_waiting_for_the_world_does_not_end_it(folder: Folder) -> None:
    folder.accept("halve", halve("import time; time.sleep(1); return x // 2"))
    assert run(folder).returncode == 0


def test_a_call_that_fills_the_memory_fails_as_one_call(folder: Folder) -> None:
    """Also in C, where nobody looks for signals: the list grows until there is no more."""
    folder.accept("halve", halve("return len(list(iter(int, 1)))"))
    limited = "from core import process\nprocess.limit_memory(200_000_000)\n" + PROCESS
    command = [sys.executable, "-c", limited.replace("0.5", "20"), str(folder.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr.rstrip().endswith("MemoryError")


def test_a_note_without_a_module_tells_nothing(tmp_path: Path) -> None:
    note = tmp_path / "hung.txt"
    note.write_text('Timeout (0:00:10)!\n  File "core/events.py", line 3 in _send\n')
    assert read_hung(note) is None
    assert not note.exists()


def test_a_guard_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    guard = HangGuard(tmp_path / "run" / "hung.txt", limit_s=0.2)
    guard.start()
    guard.stop()
    time.sleep(0.4)  # past the limit: this process would have ended
    assert list((tmp_path / "run").iterdir()) == []


def test_after_the_start_that_version_is_not_run_and_wick_is_told(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    version = folder.accept("halve", halve(HOLDS)).version
    note = folder.root / ".architect" / "run" / "hung.txt"
    note.parent.mkdir(parents=True)
    note.write_text(f'  File "generated/trading/halve.py@{version}", line 6 in halve\n')
    with start() as runtime:
        with pytest.raises(
            Barred, match="halve is kept from running: it did not come back"
        ):
            runtime.modules["halve"](8)
        assert runtime.breaker.stop_reason().startswith("halve has no safe answer")
        until(lambda: client.hget(HEALTH, "halve"))
    (job,) = details(client, JOBS, "failure")
    assert (job["module"], job["version"], job["arguments"]) == ("halve", version, None)
    assert job["contained"] == "process started again"
    hooks.reset()
    with start() as runtime:  # and not after a further one either
        with pytest.raises(Barred):
            runtime.modules["halve"](8)
        folder.accept("halve", halve("return x // 2"))
        until(lambda: runtime.swaps == 1)
        assert runtime.modules["halve"](8) == 4
